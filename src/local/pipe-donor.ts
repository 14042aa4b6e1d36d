import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** The descriptors that every shell can name. */
const descriptors = [3, 4, 5, 6, 7, 8, 9];

/** A here-document of one empty line is a pipe holding one byte in dash, busybox and bash (since 5.1). */
const script = `exec ${descriptors.map((descriptor) => `${String(descriptor)}<<E`).join(' ')}
${'\nE\n'.repeat(descriptors.length)}
echo ready
read -r line`;

/**
 * Read ends of new, empty pipes that nobody else has; none where the shell does not make any.
 *
 * Node cannot make a pipe, a shell can: its pipes are opened by way of /proc while it waits, and then it goes.
 * Named pipes are no substitute: opening one for reading waits for a writer, and ours has often written and gone by then.
 */
export async function donatePipes(): Promise<readonly number[]> {
  const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'], env: {} });
  const gone = once(shell, 'exit');
  shell.stdin.on('error', () => undefined);
  try {
    await Promise.race([once(shell.stdout, 'data'), gone]);
    return descriptors.flatMap((descriptor) => takePipe(`/proc/${String(shell.pid)}/fd/${String(descriptor)}`));
  } catch {
    return []; // No shell, no /proc, no descriptors left.
  } finally {
    shell.stdin.end();
    shell.stdout.destroy();
    gone.catch(() => undefined);
  }
}

function takePipe(path: string): number[] {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (fstatSync(descriptor).isFIFO() && readSync(descriptor, Buffer.alloc(2)) === 1) return [descriptor];
  closeSync(descriptor);
  return [];
}
