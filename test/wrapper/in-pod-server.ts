import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { RunnerClient } from '../../src/rpc/client.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { cleanEnvironment } from '../support/program.ts';
import { build } from './go-build.ts';

export interface InPodServer {
  readonly address: string;
  readonly client: RunnerClient;
  readonly child: ChildProcess;
  readonly log: readonly JsonObject[];
  /** Exit code, or the name of the signal that ended it. */
  readonly exited: Promise<unknown>;
  stop(): Promise<void>;
}

export interface InPodOptions {
  readonly flags?: readonly string[];
  /** Default: none. */
  readonly entrypoint?: readonly string[];
  /** What to put before the server's path, like `unshare …`. */
  readonly prefix?: readonly string[];
  /** Where the server is as the prefix sees it. */
  readonly path?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A shell script as an entrypoint. */
export function script(text: string): readonly string[] {
  return ['/bin/sh', '-c', text];
}

/** Starts the server on a free port and waits until it says which. */
export async function startInPodServer(options: InPodOptions): Promise<InPodServer> {
  const { server } = await build();
  const flags = ['--port=0', '--bind-address=127.0.0.1', ...(options.flags ?? [])];
  const [command, ...args] = [...(options.prefix ?? []), options.path ?? server, ...flags, '--'];
  const child = spawn(command ?? server, [...args, ...(options.entrypoint ?? [])], {
    env: cleanEnvironment(options.env),
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code, signal]: unknown[]) => code ?? signal);
  const log: JsonObject[] = [];
  const address = await addressOf(child, log);
  const client = new RunnerClient(address);
  return {
    address,
    client,
    child,
    log,
    exited,
    stop: async () => {
      client.close();
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function addressOf(child: ChildProcess, log: JsonObject[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  if (child.stderr === null) throw new Error('the server has no stderr');
  const lines = createInterface({ input: child.stderr });
  lines.on('line', (line) => {
    const entry = parseLine(line);
    log.push(entry);
    if (typeof entry['address'] === 'string') resolve(entry['address']);
  });
  child.once('close', () => {
    reject(new Error(`the server ended: ${JSON.stringify(log)}`));
  });
  return await promise;
}

function parseLine(line: string): JsonObject {
  if (!line.startsWith('{')) return { line };
  const entry: unknown = JSON.parse(line);
  return isJsonObject(entry) ? entry : { line };
}
