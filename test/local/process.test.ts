import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { RunnerError } from '../../src/core/errors.ts';
import { type ProcessRequest, type ProcessResult, runProcess } from '../../src/local/process/process.ts';
import { isRunning, waitUntil } from './wait-until.ts';

const limits = { timeoutMs: 10_000, maxStdoutBytes: 1_000_000, maxStderrBytes: 1000 };

async function run(
  argv: readonly [string, ...string[]],
  request: Partial<ProcessRequest> = {},
): Promise<ProcessResult> {
  const { limits: own, ...rest } = request;
  return await runProcess({
    argv,
    env: { PATH: '/usr/bin:/bin' },
    stdin: Buffer.from('input'),
    signal: new AbortController().signal,
    ...rest,
    limits: { ...limits, ...own },
  });
}

async function shell(script: string, request: Partial<ProcessRequest> = {}): Promise<ProcessResult> {
  return await run(['/bin/sh', '-c', script], request);
}

async function failure(outcome: Promise<ProcessResult>): Promise<RunnerError> {
  try {
    await outcome;
  } catch (error) {
    if (error instanceof RunnerError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** The first number that the script prints, taken as a process id, while it is still running. */
async function pidFrom(path: string): Promise<number> {
  let text = '';
  await waitUntil(async () => {
    text = await readFile(path, 'utf8').catch(() => '');
    return text.endsWith('\n');
  });
  return Number(text);
}

describe('runProcess', () => {
  it('gives the input, and takes output, error output and exit code', async () => {
    const result = await shell('cat; echo problem >&2; exit 3');
    expect(result).to.deep.include({ exitCode: 3, stderrBytes: 8, status: '' });
    expect(result.stdout.toString()).to.equal('input');
    expect(result.stderr.toString()).to.equal('problem\n');
  });

  it('passes megabytes through unharmed', async () => {
    const input = Buffer.alloc(3_000_000, 'abcdefghij');
    const { stdout } = await run(['cat'], { stdin: input, limits: { ...limits, maxStdoutBytes: 3_000_000 } });
    expect(stdout.equals(input)).to.equal(true);
  });

  it('gives pipes that can be opened by name, as shell functions do', async () => {
    const result = await shell('cat /dev/stdin > /dev/stdout; echo problem > /dev/stderr');
    expect(result.stdout.toString()).to.equal('input');
    expect(result.stderr.toString()).to.equal('problem\n');
  });

  it('gives the environment it is told and nothing of its own', async () => {
    const { stdout } = await run(['/usr/bin/env'], { env: { ONLY: 'this' } });
    expect(stdout.toString()).to.equal('ONLY=this\n');
  });

  it('starts in the folder it is told', async () => {
    expect((await run(['/bin/pwd'], { cwd: '/usr' })).stdout.toString()).to.equal('/usr\n');
  });

  it('goes before the runner when the machine is out of memory', async () => {
    const { stdout } = await shell('sleep 0.1; cat /proc/self/oom_score_adj');
    expect(stdout.toString()).to.equal('1000\n');
  });

  it('runs many at once, each with its own input and output', async () => {
    const inputs = Array.from({ length: 60 }, (_, index) => `${String(index)} `.repeat(20_000));
    const outcomes = await Promise.all(inputs.map(async (input) => await run(['cat'], { stdin: Buffer.from(input) })));
    expect(outcomes.map(({ stdout }) => stdout.toString())).to.deep.equal(inputs);
  });

  it('does not mind a program that never reads its input', async () => {
    expect((await run(['true'], { stdin: Buffer.alloc(5_000_000) })).exitCode).to.equal(0);
  });

  it('gives 128 and the number of the signal that ended the program', async () => {
    expect((await shell('kill -SEGV $$')).exitCode).to.equal(139);
  });

  it('reads what a program says of itself on descriptor 3', async () => {
    expect((await shell('echo ready >&3', { statusDescriptor: true })).status).to.equal('ready\n');
  });

  it('keeps the beginning and the end of long error output and counts all of it', async () => {
    const { stderr, stderrBytes } = await shell('echo first >&2; head -c 50000000 /dev/zero >&2; echo last >&2');
    expect(stderrBytes).to.equal(50_000_011);
    expect(stderr.length).to.be.below(1100);
    expect(stderr.toString()).to.match(/^first\n.*bytes cut.*last\n$/s);
  });

  for (const { title, argv } of [
    { title: 'is not there', argv: ['/no/such/program'] },
    { title: 'is not on the PATH', argv: ['no-such-program'] },
    { title: 'is not executable', argv: ['/etc/passwd'] },
    { title: 'is a folder', argv: ['/usr'] },
    { title: 'gets more arguments than the system allows', argv: ['true', 'x'.repeat(200_000)] },
    { title: 'has a NUL byte in its name', argv: ['/bin/tr\0ue'] },
  ] as const) {
    it(`fails with FUNCTION_START when the program ${title}`, async () => {
      expect((await failure(run(argv))).code).to.equal('FUNCTION_START');
    });
  }

  it('ends a program that writes too much', async () => {
    const error = await failure(run(['cat', '/dev/zero']));
    expect(error.code).to.equal('FUNCTION_LIMIT');
    expect(error.message).to.include('1000000 bytes to stdout');
  });

  it('accepts exactly as much output as is allowed', async () => {
    const allowed = { ...limits, maxStdoutBytes: 5 };
    expect((await run(['cat'], { limits: allowed })).stdout.toString()).to.equal('input');
    expect((await failure(shell('cat; echo', { limits: allowed }))).code).to.equal('FUNCTION_LIMIT');
  });

  it('ends a program that uses too much memory, whichever of its children it is', async () => {
    const hog = `${process.execPath} -e 'const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))'`;
    const error = await failure(shell(`sh -c "${hog}"`, { limits: { ...limits, maxResidentBytes: 200_000_000 } }));
    expect(error.code).to.equal('FUNCTION_LIMIT');
    expect(error.message).to.include('200000000 bytes of memory');
  });

  it('ends a program with too many processes, and all of them', async () => {
    const script = 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 31.41 & done; wait';
    const error = await failure(shell(script, { limits: { ...limits, maxProcesses: 5 } }));
    expect(error.code).to.equal('FUNCTION_LIMIT');
    expect(error.message).to.include('5 processes');
  });

  it('ends a program that takes too long, also when it ignores SIGTERM', async () => {
    const started = Date.now();
    const error = await failure(
      shell("trap '' TERM HUP INT; sleep 30; sleep 30", { limits: { ...limits, timeoutMs: 200 } }),
    );
    expect(error.code).to.equal('FUNCTION_TIMEOUT');
    expect(Date.now() - started).to.be.within(190, 2000);
  });

  it('ends the program when the caller is gone, and says so in the words of the signal', async () => {
    const reason = new RunnerError('DEADLINE', 'out of time');
    const controller = new AbortController();
    setTimeout(() => {
      controller.abort(reason);
    }, 100);
    expect(await failure(run(['sleep', '30'], { signal: controller.signal }))).to.equal(reason);
    expect((await failure(run(['true'], { signal: AbortSignal.abort() }))).code).to.equal('CANCELLED');
  });
});

describe('what a process leaves behind', () => {
  let folder = '';
  let file = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'process-test-'));
    file = `${folder}/pid`;
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('is nothing when it ends by itself with a child in the background', async () => {
    const started = Date.now();
    const { stdout } = await shell(`sleep 30 & echo $! > ${file}; echo done`);
    expect(stdout.toString()).to.equal('done\n');
    expect(Date.now() - started).to.be.below(2000);
    const pid = await pidFrom(file);
    await waitUntil(async () => !(await isRunning(pid)));
  });

  it('is nothing when it is cancelled, not even a child in a session of its own', async () => {
    const controller = new AbortController();
    const outcome = failure(
      shell(`setsid sh -c 'echo $$ > ${file}; exec sleep 30' & wait`, { signal: controller.signal }),
    );
    const pid = await pidFrom(file);
    expect(await isRunning(pid)).to.equal(true);
    controller.abort();
    expect((await outcome).code).to.equal('CANCELLED');
    await waitUntil(async () => !(await isRunning(pid)));
  });

  it('is nothing when it ends by itself, not even one who left its group and holds the output open', async () => {
    const started = Date.now();
    await shell(`setsid sh -c 'echo $$ > ${file}; exec sleep 30' & while [ ! -s ${file} ]; do sleep 0.01; done`);
    expect(Date.now() - started).to.be.below(3000);
    const pid = await pidFrom(file);
    await waitUntil(async () => !(await isRunning(pid)));
  });
});
