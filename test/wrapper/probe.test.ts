import { expect } from 'chai';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { startTcpServer, type TcpServer } from '../support/tcp-server.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { build, buildTimeoutMs } from './go-build.ts';
import { type InPodServer, script, startInPodServer } from './in-pod-server.ts';

interface Case {
  readonly title: string;
  /** In them, SERVER, EMPTY, SILENT and CLOSED stand for addresses. */
  readonly flags: readonly string[];
  readonly exitCode: number;
  readonly says: string;
}

const cases: readonly Case[] = [
  { title: '0 for a server that is SERVING', flags: ['-addr=SERVER'], exitCode: 0, says: 'status: SERVING' },
  { title: '0 with the flags as two words', flags: ['--addr', 'SERVER', '-v'], exitCode: 0, says: 'time elapsed' },
  {
    title: '0 for one service',
    flags: ['-addr=SERVER', '-service=evaluator.FunctionEvaluator'],
    exitCode: 0,
    says: 'SERVING',
  },
  { title: '1 without an address', flags: [], exitCode: 1, says: '-addr' },
  { title: '1 for a flag that there is not', flags: ['-addr=SERVER', '-nonsense'], exitCode: 1, says: 'nonsense' },
  {
    title: '1 for a timeout of nothing',
    flags: ['-addr=SERVER', '-rpc-timeout=0s'],
    exitCode: 1,
    says: '-rpc-timeout',
  },
  { title: '2 where nobody listens', flags: ['-addr=CLOSED'], exitCode: 2, says: 'failed to connect' },
  {
    title: '2 where somebody listens and says nothing',
    flags: ['-addr=SILENT', '-connect-timeout=200ms'],
    exitCode: 2,
    says: '200ms',
  },
  {
    title: '3 for an unknown service',
    flags: ['-addr=SERVER', '-service=nonsense'],
    exitCode: 3,
    says: 'health rpc failed',
  },
  { title: '4 for a server that is NOT_SERVING', flags: ['-addr=EMPTY'], exitCode: 4, says: 'NOT_SERVING' },
];

describe('the in-pod server as grpc-health-probe', function () {
  requires('go');
  let server: InPodServer;
  let empty: InPodServer;
  let silent: TcpServer;
  let folder: TempFolder;
  let program: string;
  let addresses: ReadonlyMap<string, string>;

  before(async function () {
    this.timeout(buildTimeoutMs);
    program = (await build()).server;
    folder = await tempFolder('probe');
    await symlink(program, join(folder.path, 'grpc-health-probe'));
    server = await startInPodServer({ entrypoint: script('cat') });
    empty = await startInPodServer({});
    silent = await startTcpServer(() => undefined);
    addresses = new Map([
      ['SERVER', server.address],
      ['EMPTY', empty.address],
      ['SILENT', silent.authority],
      ['CLOSED', `127.0.0.1:${String(await freePort())}`],
    ]);
  });

  after(async () => {
    await Promise.all([server.stop(), empty.stop(), silent.stop(), folder.remove()]);
  });

  for (const { title, flags, exitCode, says } of cases) {
    it(`exits with ${title}`, async () => {
      const given = flags.map((flag) => flag.replace(/[A-Z]{5,}$/, (name) => addresses.get(name) ?? name));
      const run = await runProgram(join(folder.path, 'grpc-health-probe'), given);
      expect(run.stderr).to.contain(says);
      expect(run.exitCode).to.equal(exitCode);
    });
  }

  it('is asked for by a word as well', async () => {
    expect(await runProgram(program, ['probe', '-addr', server.address])).to.include({ exitCode: 0 });
    expect(await runProgram(program, ['probe', '-addr', empty.address])).to.include({ exitCode: 4 });
  });
});
