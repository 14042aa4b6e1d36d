import { randomInt } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';

import { expect } from 'chai';

import { requires } from '../support/requires.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { parseLine } from './isolation/parse-line.ts';
import type { ProbeReport, ProbeRequest } from './isolation/probe-function.ts';
import { IsolationLab, type Runner } from './isolation/runner.ts';
import { waitUntil } from './wait-until.ts';

const unshareTools = ['unshare', 'setpriv', 'sh', 'mount', 'mkdir', 'env'];

/** The programs that each kind of sandbox is given, and as whom the runner runs. */
const variants = [
  { name: 'bubblewrap as this user', needs: 'bubblewrap', kind: 'bubblewrap', as: 'self' },
  { name: 'bubblewrap as an ordinary user', needs: 'bubblewrap', kind: 'bubblewrap', as: 'nobody' },
  { name: 'unshare as this user', needs: 'user-namespaces', kind: 'unshare', as: 'self' },
  { name: 'unshare as an ordinary user', needs: 'user-namespaces', kind: 'unshare', as: 'nobody' },
] as const;

let folder: TempFolder;
let lab: IsolationLab;
let port = 0;

/** Ids of processes, anywhere on this machine, with this text in their arguments. */
async function processesWith(text: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (pid) => await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return pids.filter((_, index) => lines[index]?.includes(text));
}

function newMarker(): string {
  return `31${String(randomInt(1e9))}.5`;
}

describe('isolation', () => {
  requires('user-namespaces');
  const cleanup = new AsyncDisposableStack();

  before(async function () {
    this.timeout(60_000);
    folder = await tempFolder('isolation-test');
    cleanup.defer(async () => folder.remove());
    lab = await IsolationLab.create(folder.path);
    cleanup.defer(async () => lab.close());
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    cleanup.defer(() => {
      server.close();
    });
    await once(server, 'listening');
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
    await writeFile(join(folder.path, 'dockerconfig.json'), '{"auths":{}}');
  });

  after(async () => {
    await cleanup.disposeAsync();
  });

  for (const { name, needs, kind, as } of variants) {
    describe(`a function in ${name}`, function () {
      this.timeout(30_000);
      requires(needs);
      let runner: Runner;

      before(async () => {
        const path = await lab.programs(name, kind === 'unshare' ? unshareTools : [...unshareTools, 'bwrap']);
        runner = await lab.start(name, as, { path });
      });

      async function look(request: Partial<ProbeRequest> = {}): Promise<ProbeReport> {
        const answer = await runner.run({ probe: { action: 'look', ...request } });
        expect(answer, JSON.stringify(answer)).to.include({ exitCode: 0, sandbox: kind });
        return parseLine(answer.message ?? '', isReport);
      }

      it('[KR8] runs as nobody, without any capability or hope of one', async () => {
        const { uid, gid, status } = await look();
        expect({ uid, gid }).to.deep.equal({ uid: 65_532, gid: 65_532 });
        expect(status).to.include({ CapEff: '0000000000000000', CapPrm: '0000000000000000', NoNewPrivs: '1' });
      });

      it('has the arguments, the environment and the working directory of its image, and nothing of the runner', async () => {
        const report = await look();
        expect(report.arguments).to.deep.equal(['last argument']);
        expect(report.cwd).to.equal('/srv/work');
        const { PWD, ...environment } = report.environment;
        expect(environment).to.deep.equal({ FROM_IMAGE: 'yes', PATH: '/bin', HOME: '/tmp' });
        expect(PWD ?? '/srv/work').to.equal('/srv/work');
      });

      it('sees no file of this machine', async () => {
        const own = [
          '/etc/hostname',
          '/root',
          '/home',
          join(folder.path, 'dockerconfig.json'),
          folder.path,
          process.cwd(),
        ];
        const { seen } = await look({ files: [...own, '/etc/passwd'] });
        expect(seen).to.deep.equal(['/etc/passwd']);
      });

      it('sees no process of this machine', async () => {
        const { processes } = await look();
        expect(processes).to.be.within(1, 6);
      });

      it('reaches no network, not even the machine it runs on', async () => {
        const { connection, interfaces } = await look({ port });
        expect(connection).to.be.oneOf(['ECONNREFUSED', 'ENETUNREACH', 'EADDRNOTAVAIL']);
        expect(interfaces.filter((each) => each !== 'lo')).to.deep.equal([]);
      });

      it('writes nothing but /tmp and /dev/shm', async () => {
        const targets = [
          '/new',
          '/etc/passwd',
          '/bin/sh',
          '/srv/work/new',
          '/proc/sys/vm/swappiness',
          '/proc/sys/kernel/core_pattern',
          '/proc/self/oom_score_adj',
        ];
        const { written } = await look({ targets: [...targets, '/tmp/new', '/dev/shm/new'] });
        for (const path of targets) expect(written[path], path).to.be.oneOf(['EROFS', 'EACCES', 'EPERM']);
        expect(written).to.include({ '/tmp/new': 'done', '/dev/shm/new': 'done' });
      });

      it('uses the devices it needs and changes none of them', async () => {
        const { devices } = await look();
        expect(devices).to.include({ 'write null': 'done', 'read urandom': 'done', 'standard error by name': 'done' });
        expect(devices['chmod null']).to.be.oneOf(['EPERM', 'EROFS', 'EACCES']);
        expect(devices['new file']).to.be.oneOf(['EPERM', 'EROFS', 'EACCES']);
      });

      it('mounts nothing, not in namespaces of its own either', async () => {
        const { mounts } = await look();
        for (const [attempt, outcome] of Object.entries(mounts)) expect(outcome, attempt).not.to.equal('done');
      });

      it('finds in /tmp nothing of the call before', async () => {
        await look({ targets: ['/tmp/left', '/dev/shm/left'] });
        expect((await look({ files: ['/tmp/left', '/dev/shm/left'] })).seen).to.deep.equal([]);
      });

      it('fills no more than its /tmp', async () => {
        const { message } = await runner.run({ probe: { action: 'fill-tmp' } });
        expect(message).to.equal('{"/tmp/large":"ENOSPC","/dev/shm/large":"ENOSPC"}');
      });

      it('leaves no child behind', async () => {
        const marker = newMarker();
        const { exitCode } = await runner.run({ probe: { action: 'background', marker } });
        expect(exitCode).to.equal(0);
        await waitUntil(async () => (await processesWith(marker)).length === 0);
      });

      it('passes its exit code on', async () => {
        expect((await runner.run({ probe: { action: 'exit' } })).exitCode).to.equal(7);
      });

      it('is ended when it writes too much', async () => {
        expect((await runner.run({ probe: { action: 'flood' } })).error?.code).to.equal('FUNCTION_LIMIT');
      });

      it('may write as much to stderr as it likes; a part is kept', async () => {
        const { exitCode, stderr, stderrBytes } = await runner.run({ probe: { action: 'flood-stderr' } });
        expect({ exitCode, stderrBytes }).to.deep.equal({ exitCode: 0, stderrBytes: 3000 * 65_536 });
        expect(stderr?.length).to.be.below(11_000);
      });

      it('is ended when it takes too much memory', async () => {
        const { error } = await runner.run({ probe: { action: 'hog' }, maxResidentBytes: 300_000_000 });
        expect(error?.code).to.equal('FUNCTION_LIMIT');
        expect(error?.message).to.include('memory');
      });

      it('is ended when it starts too many processes, and all of them', async () => {
        const marker = newMarker();
        const { error } = await runner.run({ probe: { action: 'fork', marker } });
        expect(error?.code).to.equal('FUNCTION_LIMIT');
        expect(error?.message).to.include('processes');
        await waitUntil(async () => (await processesWith(marker)).length === 0);
      });

      for (const { title, request, code } of [
        { title: 'when its time is over', request: { timeoutMs: 2000 }, code: 'FUNCTION_TIMEOUT' },
        { title: 'when the caller is gone', request: { cancelAfterMs: 2000 }, code: 'CANCELLED' },
      ] as const) {
        it(`is ended with its children ${title}, though it ignores SIGTERM`, async () => {
          const marker = newMarker();
          const running = runner.run({ probe: { action: 'sleep', marker }, ...request });
          await waitUntil(async () => (await processesWith(marker)).length > 0);
          expect((await running).error?.code).to.equal(code);
          await waitUntil(async () => (await processesWith(marker)).length === 0);
        });
      }

      for (const cancelAfterMs of [0, 1, 2, 4, 6, 8, 10, 15, 20, 30]) {
        it(`leaves nothing when the caller goes after ${String(cancelAfterMs)} ms`, async () => {
          const marker = newMarker();
          const { error } = await runner.run({ probe: { action: 'sleep', marker }, cancelAfterMs });
          expect(error?.code).to.equal('CANCELLED');
          await waitUntil(async () => (await processesWith(runner.rootsFolder)).length === 0);
        });
      }

      it('goes when the runner is killed', async () => {
        const doomed = await lab.start(`${name} to be killed`, as, {
          path: await lab.programs(`${name} again`, kind === 'unshare' ? unshareTools : [...unshareTools, 'bwrap']),
        });
        const marker = newMarker();
        doomed.send({ probe: { action: 'sleep', marker } });
        await waitUntil(async () => (await processesWith(marker)).length > 0, 10_000);
        await doomed.stop('SIGKILL');
        await waitUntil(async () => (await processesWith(marker)).length === 0);
      });
    });
  }
});

function isReport(value: unknown): value is ProbeReport {
  return typeof value === 'object' && value !== null && 'mounts' in value;
}
