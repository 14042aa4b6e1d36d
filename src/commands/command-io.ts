import type { Readable } from 'node:stream';

export interface OutputStream {
  write(text: string): void;
  readonly isTTY: boolean;
}

/** The process as a command sees it; `main.ts` gives the real one. */
export interface CommandIo {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly environment: NodeJS.ProcessEnv;
  /** Aborts at the first SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
  /** Aborts at the second one: stop waiting. */
  readonly hurry: AbortSignal;
}

/** 0 done, 1 failed, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2;
