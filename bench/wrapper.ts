/**
 * What the in-pod server costs in an image with nothing else in it, as the first process of its pod: size of its one file,
 * time from the start of the process until health says SERVING, and resident memory once it waits. Prints medians; goals
 * are 15 MB, 50 ms and 12 MB.
 */
import { mkdir, readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { RunnerClient } from '../src/rpc/client.ts';
import { startDaemon } from '../test/support/daemon.ts';
import { freePort } from '../test/support/free-port.ts';
import { runProgram } from '../test/support/program.ts';
import { tempFolder } from '../test/support/temp-folder.ts';
import { median, milliseconds } from './statistics.ts';

interface Cost {
  readonly servingMs: number;
  /** The server itself. */
  readonly serverMb: number;
  /** The server and the process of the same file that reaps orphans; pages that both use count once. */
  readonly bothMb: number;
}

const rounds = 9;
const startTimeoutMs = 10_000;
/** Memory is given back half a second after the last call. */
const idleMs = 1500;
const folder = await tempFolder('bench-wrapper');
const root = join(folder.path, 'root');
await mkdir(join(root, 'proc'), { recursive: true });
await goBuild('sh', ['build.sh', join(root, 'wrapper-server')]);
await goBuild('env', ['CGO_ENABLED=0', 'go', 'build', '-o', join(root, 'echo'), './testdata/echo']);
const costs: Cost[] = [];
for (let round = 0; round < rounds; round += 1) costs.push(await costOfOneStart());
const sizeMb = (await stat(join(root, 'wrapper-server'))).size / 1e6;
await folder.remove();

console.log(`in-pod server in an image with nothing else, medians of ${String(rounds)} starts`);
console.log(`  size              ${sizeMb.toFixed(1)} MB (goal 15 MB)`);
console.log(`  time to SERVING   ${milliseconds(median(costs.map((cost) => cost.servingMs)))} (goal 50 ms)`);
console.log(`  resident memory   ${megabytes((cost) => cost.serverMb)} (goal 12 MB)`);
console.log(`  with pid 1        ${megabytes((cost) => cost.bothMb)}`);

function megabytes(of: (cost: Cost) => number): string {
  return `${median(costs.map(of)).toFixed(1)} MB`;
}

async function costOfOneStart(): Promise<Cost> {
  const port = String(await freePort());
  const isolation = ['--unshare-all', '--share-net', '--as-pid-1', '--die-with-parent', '--clearenv'];
  const server = ['/wrapper-server', `--port=${port}`, '--bind-address=127.0.0.1', '--', '/echo'];
  const startedMs = performance.now();
  const pod = startDaemon('bwrap', [...isolation, '--ro-bind', root, '/', '--proc', '/proc', ...server]);
  const address = `127.0.0.1:${port}`;
  while (!(await isServing(address))) {
    if (performance.now() - startedMs > startTimeoutMs) throw new Error(`no server: ${pod.stderrLines.join('\n')}`);
  }
  const servingMs = performance.now() - startedMs;
  const client = new RunnerClient(address);
  await client.evaluateFunction({ image: 'echo', resourceList: Buffer.from('kind: ResourceList\n') });
  client.close();
  await delay(idleMs);
  const pids = await processesOf(pod.pid);
  const memory = await Promise.all(pids.map(memoryOf));
  await pod.stop('SIGKILL');
  return {
    servingMs,
    serverMb: memory.at(-1)?.residentMb ?? Number.NaN,
    bothMb: memory.reduce((sum, each) => sum + each.proportionalMb, 0),
  };
}

/** A new client each time: one that was refused waits before it tries again. */
async function isServing(address: string): Promise<boolean> {
  const client = new RunnerClient(address);
  const status = await client.checkHealth('', { deadlineMs: 1000 }).catch(() => 'refused');
  client.close();
  if (status !== 'SERVING') await delay(1);
  return status === 'SERVING';
}

/** Every process below `pid` that runs the server, parents first. */
async function processesOf(pid: number): Promise<readonly number[]> {
  const found: number[] = [];
  for (const child of await childrenOf(pid)) {
    if ((await readlink(`/proc/${String(child)}/exe`)).endsWith('/wrapper-server')) found.push(child);
    found.push(...(await processesOf(child)));
  }
  return found;
}

/** A child belongs to the thread that started it. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const tasks = `/proc/${String(pid)}/task`;
  const lists = (await readdir(tasks)).map(async (task) => readFile(`${tasks}/${task}/children`, 'utf8'));
  return (await Promise.all(lists)).flatMap((list) =>
    list
      .split(' ')
      .filter((text) => text !== '')
      .map(Number),
  );
}

async function memoryOf(pid: number): Promise<{ readonly residentMb: number; readonly proportionalMb: number }> {
  const rollup = await readFile(`/proc/${String(pid)}/smaps_rollup`, 'utf8');
  const megabytesOf = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1]) * 1024) / 1e6;
  return { residentMb: megabytesOf('Rss'), proportionalMb: megabytesOf('Pss') };
}

async function goBuild(command: string, args: readonly string[]): Promise<void> {
  const env = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      /^(?:GO[A-Z]+|SSL_CERT_FILE)$/.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
  const run = await runProgram(command, args, { cwd: 'wrapper', env, timeoutMs: 300_000 });
  if (run.exitCode !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${run.stderr}`);
}
