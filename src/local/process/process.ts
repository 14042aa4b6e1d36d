import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { timerMs } from '../../core/clock.ts';
import { abortError } from '../../core/deadline.ts';
import { RunnerError } from '../../core/errors.ts';
import { HeadTail } from './head-tail.ts';
import { killFamily, killGroup, killPipeHolders } from './kill-family.ts';
import { watchResidents } from './resident-watch.ts';
import { startProcess, type StartedProcess, type StartRequest } from './start-process.ts';

/** Bounds of one process and everything it starts. */
export interface ProcessLimits {
  readonly timeoutMs: number;
  /** More than this on stdout ends the process with `FUNCTION_LIMIT`. */
  readonly maxStdoutBytes: number;
  /** Beginning and end are kept, the middle is cut; never ends the process. */
  readonly maxStderrBytes: number;
  /** Resident memory of the process and all its descendants together, looked at some times a second. Default: no bound. */
  readonly maxResidentBytes?: number;
  /** Processes alive at once, the first one included. Default 1024. */
  readonly maxProcesses?: number;
}

export interface ProcessRequest extends StartRequest {
  readonly stdin: Uint8Array;
  readonly limits: ProcessLimits;
  readonly signal: AbortSignal;
}

export interface ProcessResult {
  /** 128 + n when signal n ended it. */
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** Bytes that were written to stderr, before cutting. */
  readonly stderrBytes: number;
  /** What the program wrote to descriptor 3, beginning and end; empty without `statusDescriptor`. */
  readonly status: string;
}

const defaultMaxProcesses = 1024;
const maxStatusBytes = 4096;
/** How long somebody who left the process group may still hold the output open. */
const drainMs = 250;
/** Nobody we can end holds it any more; but this thread may have been too busy to read. */
const lastDrainMs = 2000;
/** How long a killed process may take to go; longer only when it hangs in the kernel. */
const dyingMs = 5000;

/**
 * Runs a program in a process group of its own and leaves nothing behind, however it ends: not the group, not what it
 * started in other groups, not who still has its output open. A program that stops reading its input early is no error.
 *
 * @throws RunnerError `FUNCTION_START`, `FUNCTION_LIMIT`, `FUNCTION_TIMEOUT`, or what the signal was aborted with
 *   (`CANCELLED` where that is no `RunnerError`)
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessResult> {
  if (request.signal.aborted) throw abortError(request.signal);
  const started = await startProcess(request);
  return await new Run(request, started).finish();
}

/** One process from its start to the moment when nothing of it is left. */
class Run {
  readonly #request: ProcessRequest;
  readonly #process: StartedProcess;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: HeadTail;
  readonly #status = new HeadTail(maxStatusBytes);
  readonly #stopped = Promise.withResolvers<undefined>();
  #stdoutBytes = 0;
  #failure: RunnerError | undefined;

  constructor(request: ProcessRequest, process: StartedProcess) {
    this.#request = request;
    this.#process = process;
    this.#stderr = new HeadTail(request.limits.maxStderrBytes);
  }

  async finish(): Promise<ProcessResult> {
    const { child, pid, stdin, stdout, stderr, status, outputInodes } = this.#process;
    const exited = once(child, 'exit').then(([code, signal]: unknown[]) => exitCodeOf(code, signal));
    const drained = Promise.all([
      collect(stdout, this.#keepStdout.bind(this)),
      collect(stderr, this.#stderr.write.bind(this.#stderr)),
      ...(status ? [collect(status, this.#status.write.bind(this.#status))] : []),
    ]);
    stdin.on('error', () => undefined);
    stdin.end(this.#request.stdin);
    const guards = this.#guard();
    const exitCode = await Promise.race([exited, this.#overdue()]);
    guards.dispose();
    killGroup(pid);
    if (!(await isDone(drained, drainMs))) {
      killPipeHolders(outputInodes);
      await isDone(drained, lastDrainMs);
    }
    for (const stream of [stdin, stdout, stderr, status]) stream?.destroy();
    if (this.#failure) throw this.#failure;
    return this.#result(exitCode);
  }

  /** Everything that may end the process before its time. */
  #guard(): DisposableStack {
    const { limits, signal } = this.#request;
    const guards = new DisposableStack();
    const timer = setTimeout(() => {
      this.#stop(new RunnerError('FUNCTION_TIMEOUT', `the function did not end within ${String(limits.timeoutMs)} ms`));
    }, timerMs(limits.timeoutMs));
    guards.defer(() => {
      clearTimeout(timer);
    });
    const onAbort = (): void => {
      this.#stop(abortError(signal));
    };
    signal.addEventListener('abort', onAbort);
    guards.defer(() => {
      signal.removeEventListener('abort', onAbort);
    });
    if (signal.aborted) onAbort();
    guards.use(this.#watch());
    return guards;
  }

  #watch(): Disposable {
    const { maxResidentBytes = Infinity, maxProcesses = defaultMaxProcesses } = this.#request.limits;
    return watchResidents(this.#process.pid, { maxResidentBytes, maxProcesses }, (excess) => {
      this.#stop(limitError(`it used ${excess}`));
    });
  }

  #keepStdout(chunk: Buffer): void {
    const { maxStdoutBytes } = this.#request.limits;
    this.#stdoutBytes += chunk.length;
    if (this.#stdoutBytes <= maxStdoutBytes) this.#stdout.push(chunk);
    else this.#stop(limitError(`it wrote more than ${String(maxStdoutBytes)} bytes to stdout`));
  }

  #stop(failure: RunnerError): void {
    if (this.#failure) return;
    this.#failure = failure;
    killFamily(this.#process.pid);
    this.#stopped.resolve(undefined);
  }

  async #overdue(): Promise<number> {
    await this.#stopped.promise;
    await delay(dyingMs, undefined, { ref: false });
    return 128 + constants.signals.SIGKILL;
  }

  #result(exitCode: number): ProcessResult {
    return {
      exitCode,
      stdout: Buffer.concat(this.#stdout),
      stderr: this.#stderr.toBuffer(),
      stderrBytes: this.#stderr.totalBytes,
      status: this.#status.toBuffer().toString('utf8'),
    };
  }
}

/** Whether the output has come to its end, now or shortly. */
async function isDone(drained: Promise<unknown>, patienceMs: number): Promise<boolean> {
  return await Promise.race([drained.then(() => true), delay(patienceMs, false, { ref: false })]);
}

async function collect(stream: Readable, keep: (chunk: Buffer) => void): Promise<void> {
  stream.on('data', keep);
  // An error ends the stream just as an end does; what came before it counts.
  stream.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
  });
}

function exitCodeOf(code: unknown, signal: unknown): number {
  if (typeof code === 'number') return code;
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return 128 + (numbers[String(signal)] ?? 0);
}

function limitError(what: string): RunnerError {
  return new RunnerError('FUNCTION_LIMIT', `the function was ended: ${what}`);
}
