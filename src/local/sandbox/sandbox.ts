import type { ProcessResult } from '../process/process.ts';

/** One function to be run inside a root file system. */
export interface SandboxCommand {
  readonly root: string;
  readonly argv: readonly [string, ...string[]];
  /** The function's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute, inside the root. */
  readonly workingDir: string;
  readonly uid: number;
  readonly gid: number;
  /** Size of /tmp; /dev/shm has as much again. Both are memory. */
  readonly tmpBytes: number;
}

/** A way to run programs cut off from this machine: no network, nothing to write to but /tmp, nobody else to see. */
export interface Sandbox {
  readonly kind: 'bubblewrap' | 'unshare';
  /** The environment of the sandbox program itself, never the function's. */
  readonly env: Readonly<Record<string, string>>;
  /** To be started with a status descriptor. */
  argv(command: SandboxCommand): readonly [string, ...string[]];
  /** Why the function never started; undefined when it did. */
  startFailure(result: ProcessResult): string | undefined;
}
