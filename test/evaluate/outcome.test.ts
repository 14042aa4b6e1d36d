import { expect } from 'chai';
import type { RunnerError } from '../../src/core/errors.ts';
import { outcomeOf } from '../../src/evaluate/outcome.ts';
import type { Outcome } from '../../src/evaluate/evaluator.ts';
import { refused } from './refused.ts';

const failed = 'kind: ResourceList\nresults:\n- message: no\n';

describe('the outcome of a function', () => {
  it('[KR5] [WS8] with exit code 0 is its output as it wrote it, with its log', async () => {
    const outcome = await judged({ stdout: '# mine\nkind: ResourceList\n', stderr: 'a log' });
    expect(outcome.exitCode).to.equal(0);
    expect(text(outcome.output)).to.equal('# mine\nkind: ResourceList\n');
    expect(text(outcome.stderr)).to.equal('a log');
  });

  it('[KR7] keeps annotations of paths and indexes, byte for byte', async () => {
    const stdout =
      "kind: ResourceList\nitems:\n- metadata: {annotations: {internal.config.kubernetes.io/index: '0'}}\n";
    expect(text((await judged({ stdout })).output)).to.equal(stdout);
  });

  it('[WS7] [KR10] [X30] with exit code 0 and an error among its results is a success that carries them', async () => {
    const outcome = await judged({ stdout: failed });
    expect(outcome).to.deep.include({ exitCode: 0, results: [{ message: 'no', severity: 'error' }] });
  });

  it('[WS3] [KR5] with another exit code keeps the results that it printed', async () => {
    const outcome = await judged({ exitCode: 3, stdout: failed });
    expect(outcome).to.deep.include({ exitCode: 3, results: [{ message: 'no', severity: 'error' }] });
  });

  it('[WS4] with another exit code and no ResourceList keeps its log', async () => {
    const outcome = await judged({ exitCode: 1, stdout: 'panic', stderr: 'goroutine 1' });
    expect(outcome).to.deep.include({ exitCode: 1, results: [] });
    expect(text(outcome.stderr)).to.equal('goroutine 1');
  });

  it('[WS6] [KR3] with exit code 0 and no ResourceList is an error in the words of Porch that shows its beginning', async () => {
    const error = await refusal({ stdout: 'Hello,\nworld', stderr: 'line one\nline two' });
    expect(error.code).to.equal('FUNCTION_OUTPUT');
    expect(error.message).to.match(
      /^failed to parse the output of function "example\.com\/fn:v1" with stderr 'line one\\nline two': /,
    );
    expect(error.message).to.include('begins with: Hello,\\nworld');
    expect(error.details.hint).to.be.a('string');
  });

  it('[KR4] is not looked for on stderr', async () => {
    expect((await refusal({ stderr: 'kind: ResourceList\n' })).message).to.include('it is empty');
  });

  it('shows no more of a large output than an error has room for, and says how large it was', async () => {
    const { message } = await refusal({ stdout: 'é'.repeat(100_000), stderr: '\u001B[31m'.repeat(100_000) });
    expect(Buffer.byteLength(message)).to.be.below(10_000);
    expect(message).to.include('(200000 bytes)').and.to.include('(500000 bytes)');
    expect(message).not.to.match(/\p{Cc}/u);
  });
});

interface Finished {
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

async function judged({ exitCode = 0, stdout = '', stderr = '' }: Finished): Promise<Outcome> {
  return outcomeOf({
    runtime: 'local',
    image: 'example.com/fn:v1',
    digest: undefined,
    exitCode,
    stdout: Buffer.from(stdout),
    stderr: Buffer.from(stderr),
    stderrBytes: stderr.length,
  });
}

async function refusal(finished: Finished): Promise<RunnerError> {
  return refused(judged(finished));
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
