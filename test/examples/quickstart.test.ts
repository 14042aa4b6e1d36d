import { mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { startDaemon } from '../support/daemon.ts';
import { type ProgramResult, runProgram } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';

const program = resolve('examples/quickstart/main.ts');
const limitMs = 60_000;

describe('npm run quickstart', function () {
  this.timeout(2 * limitMs);
  let cache: TempFolder;

  before(async () => {
    cache = await tempFolder('quickstart-cache');
  });

  afterEach('leaves no file and no process behind', async () => {
    expect(await readdir(cache.path)).to.deep.equal([]);
    expect(await processesThatName(cache.path)).to.deep.equal([]);
  });

  after(async () => cache.remove());

  describe('where functions can run', () => {
    requires('bubblewrap', 'user-namespaces');
    let result: ProgramResult;
    let elapsedMs = 0;

    before(async () => {
      const startedAt = performance.now();
      result = await runQuickstart(cache.path);
      elapsedMs = performance.now() - startedAt;
    });

    it('turns the package into the expected one, within a minute', () => {
      expect(result.exitCode, result.stdout + result.stderr).to.equal(0);
      expect(result.stdout).to.contain('This is exactly examples/package-expected.');
      expect(elapsedMs).to.be.below(limitMs);
    });

    it('tells each step: image, digest, trust, credential, diff, and what to type next', () => {
      const [, registry = ''] = /pushed as (127\.0\.0\.1:\d+)\/functions\/set-namespace:v1/.exec(result.stdout) ?? [];
      const [, digest = ''] = /\n {4}(sha256:[0-9a-f]{64})\n/.exec(result.stdout) ?? [];
      expect(registry).not.to.equal('');
      expect(digest).to.have.length('sha256:'.length + 64);
      expect(result.stdout).to.match(new RegExp(`Resolved in \\d+ ms by [34] requests: ${digest}\n`));
      expect(result.stdout).to.contain(`connection mounted-ca, credential ${registry},`);
      expect(result.stdout).to.contain('-   namespace: guestbook-dev').and.to.contain('+   namespace: prod');
      expect(result.stdout).to.contain('npm run --silent function-runner -- evaluate');
      expect(result.stderr).to.equal('');
    });

    it('shows neither the password nor colours when its output is no terminal', () => {
      expect(result.stdout).not.to.contain('pass:with:colons');
      expect(result.stdout).not.to.contain('\u001B');
    });

    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      it(`stops what it started on ${signal}`, async () => {
        const quickstart = startDaemon(process.execPath, [program], { env: { XDG_CACHE_HOME: cache.path } });
        await quickstart.line(/Service: gRPC on /, limitMs);
        expect(await quickstart.stop(signal)).to.equal(1);
        expect(quickstart.stdoutLines.join('\n')).to.contain(`stopped by ${signal}`);
      });
    }
  });

  it('says what to install where no sandbox can work', async () => {
    const bin = await tempFolder('few-programs');
    try {
      await mkdir(join(bin.path, 'bin'));
      for (const name of ['ldd', 'bash', 'sh', 'cat']) await symlink(`/usr/bin/${name}`, join(bin.path, 'bin', name));
      const result = await runQuickstart(cache.path, { PATH: join(bin.path, 'bin') });
      expect(result.exitCode, result.stdout + result.stderr).to.equal(1);
      expect(result.stdout).to.contain('SANDBOX_UNAVAILABLE').and.to.contain('bubblewrap');
      expect(result.stdout).not.to.contain('examples/package-expected');
    } finally {
      await bin.remove();
    }
  });
});

async function runQuickstart(cache: string, env: Readonly<Record<string, string>> = {}): Promise<ProgramResult> {
  return runProgram(process.execPath, [program], { env: { XDG_CACHE_HOME: cache, ...env }, timeoutMs: 2 * limitMs });
}

/** Command lines of running processes that contain a text. */
async function processesThatName(text: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (line.includes(text)) found.push(line.replaceAll('\0', ' '));
  }
  return found;
}
