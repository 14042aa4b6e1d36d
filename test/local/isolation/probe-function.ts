import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { connect } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

/**
 * A function that tries everything that a function must not be able to do. It runs inside images that the tests make;
 * its input is a ResourceList whose functionConfig says what to try.
 */
export interface ProbeRequest {
  readonly action: 'look' | 'background' | 'flood' | 'flood-stderr' | 'hog' | 'sleep' | 'fork' | 'fill-tmp' | 'exit';
  /** A port of the machine on 127.0.0.1 where somebody listens. */
  readonly port?: number;
  /** Files of the machine that the function must not see. */
  readonly files?: readonly string[];
  /** Files that it must not write. */
  readonly targets?: readonly string[];
  /** The only argument of programs left in the background, to be found by. */
  readonly marker?: string;
}

/** What the function found out; error codes where something was refused. */
export interface ProbeReport {
  readonly uid: number;
  readonly gid: number;
  readonly cwd: string;
  readonly hostname: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly status: Readonly<Record<string, string>>;
  readonly seen: readonly string[];
  readonly written: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, string>>;
  readonly processes: number;
  readonly connection: string;
  readonly interfaces: readonly string[];
  readonly mounts: Readonly<Record<string, string>>;
}

const request = readRequest();

const actions: Readonly<Record<ProbeRequest['action'], () => void | Promise<void>>> = {
  look: async () => {
    answer(await look());
  },
  exit: () => {
    answer({});
    process.exit(7);
  },
  background: () => {
    for (const detached of [true, false]) sleepInBackground(detached);
    answer({});
  },
  flood: () => {
    for (let index = 0; index < 100_000; index += 1) writeSync(1, Buffer.alloc(65_536, 'x'));
  },
  'flood-stderr': () => {
    for (let index = 0; index < 3000; index += 1) writeSync(2, Buffer.alloc(65_536, 'x'));
    answer({});
  },
  hog: () => {
    const all: Buffer[] = [];
    for (let index = 0; index < 1000; index += 1) all.push(Buffer.alloc(10_000_000, 1));
  },
  sleep: () => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
    sleepInBackground(true);
    setInterval(() => undefined, 1000);
  },
  fork: () => {
    for (let index = 0; index < 300; index += 1) sleepInBackground(index % 2 === 0);
    setInterval(() => undefined, 1000);
  },
  'fill-tmp': () => {
    answer(Object.fromEntries(['/tmp/large', '/dev/shm/large'].map((path) => [path, fill(path)])));
  },
};

await actions[request.action]();

function sleepInBackground(detached: boolean): void {
  spawn('/bin/sleep', [request.marker ?? ''], { detached, stdio: 'ignore' }).unref();
}

function readRequest(): ProbeRequest {
  const list: unknown = JSON.parse(readFileSync('/dev/stdin', 'utf8'));
  if (isInput(list)) return list.functionConfig.data;
  throw new Error('no ResourceList with a request');
}

function isInput(value: unknown): value is { readonly functionConfig: { readonly data: ProbeRequest } } {
  return typeof value === 'object' && value !== null && 'functionConfig' in value;
}

function answer(report: object): void {
  const results = [{ message: JSON.stringify(report), severity: 'info' }];
  writeSync(1, JSON.stringify({ apiVersion: 'config.kubernetes.io/v1', kind: 'ResourceList', items: [], results }));
}

async function look(): Promise<ProbeReport> {
  return {
    uid: process.getuid?.() ?? -1,
    gid: process.getgid?.() ?? -1,
    cwd: process.cwd(),
    hostname: hostname(),
    arguments: process.argv.slice(2),
    environment: process.env,
    status: processStatus(),
    seen: (request.files ?? []).filter((path) => existsSync(path)),
    written: Object.fromEntries((request.targets ?? []).map((path) => [path, openForWriting(path)])),
    devices: deviceReport(),
    processes: readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length,
    connection: await connection(request.port ?? 0),
    interfaces: Object.keys(networkInterfaces()),
    mounts: mountReport(),
  };
}

/** Writes nothing: should it work on a file of this machine, then no harm is done. */
function openForWriting(path: string): string {
  return attempt(() => closeSync(openSync(path, 'a')));
}

function attempt(work: () => unknown): string {
  try {
    work();
    return 'done';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

function processStatus(): Record<string, string> {
  const lines = readFileSync('/proc/self/status', 'utf8').split('\n');
  return Object.fromEntries(lines.map((line) => [line.split(':')[0] ?? '', line.split(':')[1]?.trim() ?? '']));
}

function deviceReport(): Record<string, string> {
  return {
    'write null': attempt(() => writeFileSync('/dev/null', 'x')),
    'read urandom': attempt(() => execFileSync('/bin/sh', ['-c', 'read -r line < /dev/urandom'])),
    'chmod null': attempt(() => chmodSync('/dev/null', 0o666)),
    'new file': attempt(() => writeFileSync('/dev/file', 'x')),
    'standard error by name': attempt(() =>
      execFileSync('/bin/sh', ['-c', 'echo named > /dev/stderr'], { stdio: ['ignore', 'ignore', 'inherit'] }),
    ),
  };
}

function mountReport(): Record<string, string> {
  const shell = (script: string): string => attempt(() => execFileSync('/bin/sh', ['-c', script], { stdio: 'ignore' }));
  return {
    tmpfs: shell('mount -t tmpfs tmpfs /tmp'),
    writable: shell('mount -o remount,bind,rw /'),
    'in a namespace of its own': shell('unshare --user --map-root-user --mount mount -t tmpfs tmpfs /tmp'),
  };
}

async function connection(port: number): Promise<string> {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2000 });
    socket.on('connect', () => resolve('connected'));
    socket.on('timeout', () => resolve('timeout'));
    socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  });
}

function fill(path: string): string {
  return attempt(() => {
    for (let index = 0; index < 100; index += 1) writeFileSync(path, Buffer.alloc(1_000_000), { flag: 'a' });
  });
}
