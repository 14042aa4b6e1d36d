#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import type { CommandIo, OutputStream } from './commands/command-io.ts';

enableCompileCache();
const { RunnerError } = await import('./core/errors.ts');
const { runCommandLine } = await import('./commands/command-line.ts');

/** How long open handles may keep a finished command from ending. */
const lingerMs = 1000;

const stop = new AbortController();
const hurry = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) hurry.abort();
    stop.abort(new RunnerError('CANCELLED', `${name} received`));
  });
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  get stdin() {
    return process.stdin;
  },
  environment: process.env,
  stop: stop.signal,
  hurry: hurry.signal,
} satisfies CommandIo);
setTimeout(() => process.exit(), lingerMs).unref();

/** A reader that has gone away, as in `| head`, is no error. */
function outputOf(stream: NodeJS.WriteStream): OutputStream {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
  return {
    write: (text) => {
      stream.write(text);
    },
    isTTY: stream.isTTY,
  };
}
