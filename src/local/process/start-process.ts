import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Readable, type Writable } from 'node:stream';

import { RunnerError } from '../../core/errors.ts';
import { openStdioPipes, type StdioPipes } from './stdio-pipes.ts';

/** What to start, and with what. */
export interface StartRequest {
  readonly argv: readonly [string, ...string[]];
  /** The whole environment: nothing of the runner's own is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Opens descriptor 3 for what the program reports about itself. */
  readonly statusDescriptor?: boolean;
}

/** A process that runs, leader of a process group and session of its own. */
export interface StartedProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly status: Readable | undefined;
  /** Pipes that only this process and its descendants can have open. */
  readonly outputInodes: readonly number[];
}

/** @throws RunnerError `FUNCTION_START` */
export async function startProcess(request: StartRequest): Promise<StartedProcess> {
  const pipes = await openStdioPipes();
  try {
    const child = spawnChild(request, pipes);
    if (child.pid === undefined) throw startError(request, await failureOf(child));
    offerToOutOfMemoryKiller(child.pid);
    const streams = streamsOf(child, pipes);
    if (streams === undefined) throw startError(request, new Error('it has no standard streams'));
    const status = child.stdio[3];
    const outputInodes = pipes?.outputInodes ?? [];
    return { child, pid: child.pid, ...streams, status: status instanceof Readable ? status : undefined, outputInodes };
  } catch (error) {
    for (const stream of pipes ? [pipes.stdin, pipes.stdout, pipes.stderr] : []) stream.destroy();
    throw error;
  } finally {
    pipes?.closeChildEnds();
  }
}

function spawnChild(request: StartRequest, pipes: StdioPipes | undefined): ChildProcess {
  const [file, ...args] = request.argv;
  const streams = pipes?.child ?? (['pipe', 'pipe', 'pipe'] as const);
  const stdio: StdioOptions = request.statusDescriptor === true ? [...streams, 'pipe'] : [...streams];
  try {
    return spawn(file, args, {
      stdio,
      env: request.env,
      detached: true,
      ...(request.cwd !== undefined && { cwd: request.cwd }),
    });
  } catch (error) {
    throw startError(request, error);
  }
}

/** Should the machine run out of memory, then the function goes and not the runner (proc_pid_oom_score_adj(5)). */
function offerToOutOfMemoryKiller(pid: number): void {
  try {
    writeFileSync(`/proc/${String(pid)}/oom_score_adj`, '1000');
  } catch {
    // It has ended, or this machine does not let us.
  }
}

async function failureOf(child: ChildProcess): Promise<unknown> {
  const event: readonly unknown[] = await once(child, 'error');
  return event[0];
}

function streamsOf(
  child: ChildProcess,
  pipes: StdioPipes | undefined,
): Pick<StartedProcess, 'stdin' | 'stdout' | 'stderr'> | undefined {
  const { stdin, stdout, stderr } = pipes ?? child;
  return stdin && stdout && stderr ? { stdin, stdout, stderr } : undefined;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such program',
  EACCES: 'it is not executable',
  E2BIG: 'its arguments and environment are too long',
  EAGAIN: 'the machine has too many processes',
  EMFILE: 'the runner has too many files open',
  ENOEXEC: 'it is no program for this machine',
};

function startError(request: StartRequest, cause: unknown): RunnerError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const reason = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new RunnerError('FUNCTION_START', `cannot start ${request.argv[0]}: ${reason}`, { cause });
}
