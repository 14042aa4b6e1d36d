import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

import { withTimeout } from '../../core/abort.ts';
import { abortError } from '../../core/deadline.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';

/** A program that gives credentials, and what it is asked. */
export interface ProgramCall {
  /** A name to be found on the PATH, or an absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly stdin: string;
  /** The whole environment. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface RunOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** How a run came out. A reason holds nothing that the program wrote. */
export type ProgramRun =
  /** No exit code when a signal ended it. */
  | { readonly kind: 'ended'; readonly exitCode: number | undefined; readonly stdout: Buffer }
  | { readonly kind: 'failed'; readonly reason: string };

const maxStdoutBytes = 64 * 1024;
const tooMuch = new Error('too much output');

const startFailures: Readonly<Record<string, string>> = {
  EACCES: 'it is not executable',
  EAGAIN: 'the machine has too many processes',
  EMFILE: 'the runner has too many files open',
};

/**
 * Runs it to its end. No shell is involved; what it writes to stderr is not read, for it may hold secrets. Its process
 * group is ended when it takes or writes too much, or when the caller gives up.
 *
 * @throws RunnerError the signal's reason when it aborts
 */
export async function runProgram(call: ProgramCall, { timeoutMs, signal }: RunOptions): Promise<ProgramRun> {
  using bounded = withTimeout(signal, timeoutMs, 'the credential program');
  let child: ChildProcess | undefined;
  try {
    const started = spawn(call.program, call.args, {
      cwd: '/',
      env: call.environment,
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child = started;
    child.on('error', () => undefined);
    const closed = once(child, 'close');
    started.stdin.on('error', () => undefined).end(call.stdin);
    const [, stdout] = await unlessAborted(Promise.all([closed, readOutput(started.stdout)]), bounded.signal);
    return { kind: 'ended', exitCode: child.exitCode ?? undefined, stdout };
  } catch (thrown) {
    endGroup(child);
    if (signal.aborted) throw abortError(signal);
    if (bounded.signal.aborted) return { kind: 'failed', reason: `it took longer than ${String(timeoutMs)} ms` };
    return { kind: 'failed', reason: failureOf(thrown, call.program) };
  }
}

async function readOutput(stdout: Readable): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stdout) {
    if (!(chunk instanceof Uint8Array)) continue;
    bytes += chunk.length;
    if (bytes > maxStdoutBytes) throw tooMuch;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What it started belongs to its group, unless it left it; without a reader, that gets no word out any more. */
function endGroup(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody there any more.
  }
  child.stdout?.destroy();
}

/** Why a program that is looked for on the PATH cannot be run. */
export const notOnPath = 'there is no such program on the PATH';

function failureOf(thrown: unknown, program: string): string {
  if (thrown === tooMuch) return `it wrote more than ${String(maxStdoutBytes)} bytes`;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
  if (code === 'ENOENT') return program.includes('/') ? 'there is no such program' : notOnPath;
  return startFailures[code] ?? `it cannot be started (${code})`;
}
