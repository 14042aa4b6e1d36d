import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { jsonAt } from '../json-at.ts';
import { cleanEnvironment } from '../program.ts';

export interface ContainerExit {
  readonly exitCode: number;
  /** `Completed`, `Error`, `OOMKilled`, `StartError`. */
  readonly reason: string;
  readonly message: string;
}

const maxLogChars = 64 * 1024;

/** One run of a container: a process of this machine in a sandbox. */
export class RunningContainer {
  /** Its pid 1, as this machine sees it. */
  readonly started: Promise<number>;
  readonly exited: Promise<ContainerExit>;
  #log = '';
  #reason: Pick<ContainerExit, 'exitCode' | 'reason'> | undefined;
  readonly #child: ChildProcess;

  constructor([command = '', ...args]: readonly string[]) {
    this.#child = spawn(command, args, { env: cleanEnvironment(), stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
    const [, stdout, stderr, status] = this.#child.stdio;
    for (const stream of [stdout, stderr]) this.#collect(stream);
    this.started = startedPid(status, this.#child);
    this.started.catch(() => undefined);
    this.exited = this.#exit();
  }

  /** What it wrote to stdout and stderr, the last of it. */
  get log(): string {
    return this.#log;
  }

  /** Asks it to end, or ends it. */
  async signal(name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    try {
      process.kill(await this.started, name);
    } catch {
      // It has ended, or never began.
      if (name === 'SIGKILL') this.#child.kill('SIGKILL');
    }
  }

  /** Ends it at once, and tells this as how it ended. */
  async kill(reason: string, exitCode: number): Promise<void> {
    this.#reason = { reason, exitCode };
    await this.signal('SIGKILL');
  }

  #collect(stream: unknown): void {
    if (!isReadable(stream)) return;
    stream.setEncoding('utf8').on('data', (text: string) => {
      this.#log = `${this.#log}${text}`.slice(-maxLogChars);
    });
  }

  async #exit(): Promise<ContainerExit> {
    const closed = once(this.#child, 'close');
    const code: unknown = (await closed)[0];
    const exitCode = typeof code === 'number' ? code : 137;
    const failed = /bwrap: execvp ([^\n]*)/.exec(this.#log)?.[1];
    if (failed !== undefined) {
      const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: ${failed}: unknown`;
      return { exitCode: 128, reason: 'StartError', message };
    }
    const reason = exitCode === 0 ? 'Completed' : 'Error';
    return { exitCode, reason, message: '', ...this.#reason };
  }
}

/** bubblewrap writes `{"child-pid": …}` when the sandbox is made. */
async function startedPid(status: unknown, child: ChildProcess): Promise<number> {
  if (!isReadable(status)) throw new Error('there is no status descriptor');
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  let text = '';
  status.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const line = text.split('\n')[0] ?? '';
    if (!text.includes('\n')) return;
    const parsed: unknown = JSON.parse(line);
    resolve(Number(jsonAt(parsed, 'child-pid')));
  });
  child.once('close', () => {
    reject(new Error('the sandbox was not made'));
  });
  return promise;
}

function isReadable(stream: unknown): stream is Readable {
  return typeof stream === 'object' && stream !== null && 'setEncoding' in stream;
}
