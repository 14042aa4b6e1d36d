import { expect } from 'chai';
import { buildImage } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { startRegistry } from '../../examples/registry/registry.ts';
import { functionRunner } from '../support/command-line.ts';
import { runProgram } from '../support/program.ts';
import { resolveCommand } from '../support/resolve-command.ts';

type Registry = Awaited<ReturnType<typeof startRegistry>>;

const keys =
  'image, reference, digest, platformDigest, mediaType, platforms, entrypoint, cmd, env, workingDir, user, connection, attempts, credential, cached, elapsedMs';

describe('resolve', function () {
  this.timeout(20_000);
  let registry: Registry;
  let image: string;
  let flags: readonly string[];

  before(async () => {
    registry = await startRegistry({});
    const built = await buildImage({
      entrypoint: ['/fn'],
      cmd: ['--fast'],
      env: ['A=b'],
      user: '1000',
      workingDir: '/w',
    });
    await pushImage(registry.address, 'team/fn', 'v1', built, {});
    image = `${registry.address}/team/fn:v1`;
    flags = [`--insecure-registries=${registry.address}`];
  });

  after(async () => registry.stop());

  it('prints one JSON object with exactly the documented keys', async () => {
    const { exitCode, answer } = await resolveCommand([image, ...flags]);
    expect(exitCode).to.equal(0);
    expect(Object.keys(answer).join(', ')).to.equal(keys);
    expect(answer).to.deep.include({
      image,
      reference: image,
      entrypoint: ['/fn'],
      cmd: ['--fast'],
      env: ['A=b'],
      workingDir: '/w',
      user: '1000',
      connection: 'plaintext',
      credential: 'anonymous',
      cached: false,
    });
  });

  it('takes flags before and after the image', async () => {
    const { exitCode } = await functionRunner(['resolve', ...flags, image, '-o', 'json']);
    expect(exitCode).to.equal(0);
  });

  it('prints lines for a person by default, without colours in a pipe', async () => {
    const { exitCode, stdout } = await functionRunner(['resolve', image, ...flags]);
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(/^image {11}.*\nreference .*\ndigest .*sha256:/);
    expect(stdout).not.to.include('\u001B[');
  });

  it('prints a failure as one JSON object on stdout, with exit code 1', async () => {
    const { stdout, stderr, exitCode } = await functionRunner([
      'resolve',
      `${registry.address}/team/no:v1`,
      ...flags,
      '--output=json',
    ]);
    const answer: unknown = JSON.parse(stdout);
    expect(exitCode).to.equal(1);
    expect(stderr).not.to.include('NOT_FOUND');
    expect(answer).to.have.all.keys('error');
    expect(answer).to.have.property('error').that.has.all.keys('code', 'reason', 'message', 'attempts', 'hint');
    expect(answer).to.have.nested.include({ 'error.code': 'NOT_FOUND' });
    expect(answer).to.have.nested.property('error.attempts').that.is.an('array').with.length.above(0);
  });

  it('prints a failure for a person on stderr, with what was tried and a hint', async () => {
    const { stdout, stderr, exitCode } = await functionRunner(['resolve', `${registry.address}/team/no:v1`, ...flags]);
    expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' });
    expect(stderr).to.match(/\nerror: .*\(\w+, NOT_FOUND\)\n( {2}tried .*\n)+ {2}hint: /);
  });

  it('[C16] is anonymous without a credentials file, and warns once naming it', async () => {
    const missing = ['--enable-private-registries', '--registry-auth-secret-path=/no/such/file'];
    const { stdout, stderr, exitCode } = await functionRunner([
      'resolve',
      image,
      ...flags,
      ...missing,
      '--output=json',
    ]);
    const answer: unknown = JSON.parse(stdout);
    expect({ exitCode, warnings: stderr.split('/no/such/file').length - 1 }).to.deep.equal({
      exitCode: 0,
      warnings: 1,
    });
    expect(stderr).to.match(/^warning: no credentials file; .*file=\/no\/such\/file$/m);
    expect(answer).to.include({ credential: 'anonymous' });
  });

  it('[C15] names the credentials file that is a folder', async () => {
    const folder = ['--enable-private-registries', '--registry-auth-secret-path=/'];
    const { failure, exitCode } = await resolveCommand([image, ...flags, ...folder]);
    expect(exitCode).to.equal(1);
    expect(failure).to.include({ code: 'FAILED_PRECONDITION', reason: 'CFG_JSON', message: '/ is a directory' });
  });

  it('warns of a flag that has no effect', async () => {
    const { stderr } = await functionRunner(['resolve', image, ...flags, '--tls-secret-path=/x']);
    expect(stderr).to.match(/^warning: --tls-secret-path has no effect without --enable-private-registries-tls\n/);
  });

  it('logs JSON lines on stderr when a log level is asked for', async () => {
    const { stdout, stderr } = await functionRunner(['resolve', image, ...flags, '--output=json', '--log-level=5']);
    const lines: readonly unknown[] = stderr
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const answer: unknown = JSON.parse(stdout);
    for (const line of lines) expect(line).to.include.keys('level', 'time', 'msg');
    expect(stderr).to.include('"level":"trace"');
    expect(answer).to.have.property('digest');
  });

  it('ends quietly when the reader of its output has gone away', async () => {
    const script = '"$@" | true';
    const { stderr } = await runProgram('sh', ['-c', script, 'sh', process.execPath, 'src/main.ts', '--help']);
    expect(stderr).to.equal('');
  });
});
