/**
 * What a warm call of the local runtime costs (image resolved and unpacked) beside the same function as a bare process
 * and in a bare `bwrap` with the same arguments, in turns. Prints medians; goals are 10 ms over the bare process and
 * 1.2 times bare `bwrap`. `node bench/warm-call.ts [rounds]`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedLibraries } from '../examples/quickstart/shared-libraries.ts';
import { buildImage, type Image } from '../examples/registry/image.ts';
import type { LayerEntry } from '../examples/registry/layer.ts';
import { pushImage } from '../examples/registry/push.ts';
import { startRegistry } from '../examples/registry/registry.ts';
import { parseServiceFlags } from '../src/config/options.ts';
import { noCounters } from '../src/core/counters.ts';
import { silentLog } from '../src/core/log.ts';
import { functionEnvironment } from '../src/local/sandbox/function-environment.ts';
import { ImageStore } from '../src/local/store/image-store.ts';
import { Sandboxes } from '../src/local/sandbox/sandboxes.ts';
import { wireEvaluator } from '../src/wire-evaluator.ts';
import { wireResolver } from '../src/wire-resolver.ts';
import { median, milliseconds, timedMs } from './statistics.ts';

const rounds = Number(process.argv[2] ?? 60);
const warmUpRounds = 5;
const tmpBytes = 256 * 1024 * 1024;
const echo = "process.stdout.write(require('node:fs').readFileSync(0))";
const functions = {
  '/bin/cat': { program: '/bin/cat', args: [] },
  'a Node function': { program: process.execPath, args: ['-e', echo] },
} as const;
const input = Buffer.from('apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n');

const folder = await mkdtemp(join(tmpdir(), 'warm-call-'));
const registry = await startRegistry({});
const environment = { PATH: process.env['PATH'] ?? '' };
const flags = [
  `--image-store=${join(folder, 'store')}`,
  `--insecure-registries=${registry.address}`,
  '--runtime=local',
];
const { options } = parseServiceFlags(flags);
const surroundings = { environment, log: silentLog, counters: noCounters, overrides: {} };
const resolving = await wireResolver(options, surroundings);
const evaluating = await wireEvaluator(options, resolving, surroundings);
const store = new ImageStore({
  directory: join(folder, 'store'),
  maxBytes: 1e10,
  log: silentLog,
  counters: noCounters,
});
const sandbox = await new Sandboxes({
  path: environment.PATH,
  directory: join(folder, 'store'),
  log: silentLog,
}).current();

for (const [name, { program, args }] of Object.entries(functions)) {
  const repository = `functions/${name.replaceAll(/\W/g, '').toLowerCase()}`;
  await pushImage(registry.address, repository, 'v1', await imageOf(program, args));
  await compare(name, `${registry.address}/${repository}:v1`, [program, ...args]);
}
await store.close();
await evaluating.close();
await resolving.close();
await registry.stop();
await rm(folder, { recursive: true });

async function compare(name: string, image: string, command: readonly [string, ...string[]]): Promise<void> {
  const { signal } = new AbortController();
  const { resolution } = await resolving.resolver.resolve(image, { signal });
  const lease = await store.unpack(resolution, async () => resolving.resolver.session(resolution), signal);
  const env = functionEnvironment(resolution.env, undefined);
  const sandboxed = sandbox.argv({
    root: lease.root,
    argv: command,
    env,
    workingDir: '/',
    uid: 65532,
    gid: 65532,
    tmpBytes,
  });
  const ways = {
    bare: async () => run(command, env),
    sandbox: async () => run(sandboxed, sandbox.env),
    ours: async () => evaluating.evaluator.evaluate({ image, resourceList: input, signal, log: silentLog }),
  } as const;
  const times: Record<keyof typeof ways, number[]> = { bare: [], sandbox: [], ours: [] };
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (const way of ['bare', 'sandbox', 'ours'] as const) {
      const ms = await timedMs(ways[way]);
      if (round >= 0) times[way].push(ms);
    }
  }
  lease.release();
  report(name, median(times.bare), median(times.sandbox), median(times.ours));
}

function report(name: string, bareMs: number, sandboxMs: number, oursMs: number): void {
  console.log(`warm call of ${name}: medians of ${String(rounds)}`);
  console.log(`  bare process          ${milliseconds(bareMs)}`);
  console.log(`  bare ${sandbox.kind.padEnd(16)} ${milliseconds(sandboxMs)}`);
  console.log(`  function-runner       ${milliseconds(oursMs)}`);
  console.log(`  over bare process     ${milliseconds(oursMs - bareMs)} (goal 10 ms)`);
  console.log(`  over bare ${sandbox.kind.padEnd(11)} ${(oursMs / sandboxMs).toFixed(2)} times (goal 1.2)`);
}

/** The least that anybody does to run a program: input in, output out. */
async function run(
  [file, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const child = spawn(file, args, { env, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.resume();
  child.stdin.end(input);
  await once(child, 'close');
  if (child.exitCode !== 0 || !Buffer.concat(output).equals(input))
    throw new Error(`${file} failed: ${String(child.exitCode)}`);
}

async function imageOf(program: string, args: readonly string[]): Promise<Image> {
  const copies = [program, ...(await sharedLibraries(program))].map((source): LayerEntry => {
    return { kind: 'copy', path: source.slice(1), source, mode: 0o755 };
  });
  return await buildImage({ files: copies, entrypoint: [program, ...args], user: '65532:65532' });
}
