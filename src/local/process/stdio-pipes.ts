import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

import { donatePipes } from './pipe-donor.ts';

/** The standard streams of a process to be: `child` goes into `spawn`, the rest stays here. */
export interface StdioPipes {
  readonly child: readonly [number, number, number];
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Of the two output pipes: whoever has one of them open belongs to the process. */
  readonly outputInodes: readonly number[];
  /** To be called once after `spawn`, whether it worked or not. */
  closeChildEnds(): void;
}

/** The next fill starts when fewer than these many are left, so that calls one after another never wait for it. */
const lowWater = 12;

/** Read ends of pipes that nobody has used. */
const unused: number[] = [];
let filling: Promise<void> | undefined;

/**
 * Three pipes for one process, never used before nor after, or undefined where none can be had.
 *
 * Node gives its children sockets, and those cannot be opened by name: a shell function that writes to /dev/stderr or
 * reads /dev/stdin fails with ENXIO.
 */
export async function openStdioPipes(): Promise<StdioPipes | undefined> {
  while (unused.length < 3) {
    const before = unused.length;
    await fill();
    if (unused.length === before) break;
  }
  const [stdin, stdout, stderr] = unused.length < 3 ? [] : unused.splice(0, 3);
  if (unused.length < lowWater) fill().catch(() => undefined);
  if (stdin === undefined || stdout === undefined || stderr === undefined) return undefined;
  return open(stdin, stdout, stderr);
}

/** Undefined, with all three closed, when this process may not open more files. */
function open(stdin: number, stdout: number, stderr: number): StdioPipes | undefined {
  const opened: number[] = [stdin, stdout, stderr];
  const reopen = (descriptor: number, flags: number): number => {
    const own = openSync(`/proc/self/fd/${String(descriptor)}`, flags);
    opened.push(own);
    return own;
  };
  try {
    const stdinWriter = reopen(stdin, constants.O_WRONLY | constants.O_NONBLOCK);
    const child = [
      reopen(stdin, constants.O_RDONLY),
      reopen(stdout, constants.O_WRONLY),
      reopen(stderr, constants.O_WRONLY),
    ] as const;
    const pipes = wrap(child, stdinWriter, stdout, stderr);
    // Held open here it would keep us from seeing that the function stopped reading.
    closeSync(stdin);
    return pipes;
  } catch {
    opened.forEach(close);
    return undefined;
  }
}

function wrap(child: StdioPipes['child'], stdinWriter: number, stdout: number, stderr: number): StdioPipes {
  return {
    child,
    stdin: new Socket({ fd: stdinWriter, readable: false, writable: true }),
    stdout: new Socket({ fd: stdout, readable: true, writable: false }),
    stderr: new Socket({ fd: stderr, readable: true, writable: false }),
    outputInodes: [stdout, stderr].map((descriptor) => fstatSync(descriptor).ino),
    closeChildEnds: () => {
      child.forEach(close);
    },
  };
}

function close(descriptor: number): void {
  closeSync(descriptor);
}

async function fill(): Promise<void> {
  filling ??= donatePipes().then((pipes) => {
    unused.push(...pipes);
    filling = undefined;
  });
  await filling;
}
