import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

/** The descriptors that every shell can name. */
const descriptors = [3, 4, 5, 6, 7, 8, 9];
const donors = 6;

/**
 * Each donor opens its pipes, says its process id, and waits for the end of its input. A here-document of one empty line
 * is a pipe that holds one byte, in dash, busybox and bash (since 5.1). Shells take the input of what runs in the
 * background away, so it is kept as descriptor 9 until then.
 */
const script = `exec 9<&0
for donor in ${Array.from({ length: donors }, (_, index) => String(index)).join(' ')}; do
{
exec ${descriptors.map((descriptor) => `${String(descriptor)}<<E`).join(' ')}
${'\nE\n'.repeat(descriptors.length)}
read -r pid rest < /proc/self/stat
echo $pid
read -r line
} <&9 &
done
wait`;

/**
 * Read ends of new, empty pipes that nobody else has; none where the shell does not make any.
 *
 * Node cannot make a pipe, a shell can: its pipes are opened by way of /proc while it waits, and then it goes.
 * Named pipes are no substitute: opening one for reading waits for a writer, and ours has often written and gone by then.
 */
export async function donatePipes(): Promise<readonly number[]> {
  const shell = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'], env: {} });
  shell.stdin.on('error', () => undefined);
  try {
    return (await readIds(shell)).flatMap(takePipes);
  } catch {
    return []; // No shell, no /proc, no descriptors left.
  } finally {
    shell.stdin.end();
    shell.stdout.destroy();
  }
}

async function readIds(shell: ChildProcessByStdio<Writable, Readable, null>): Promise<readonly string[]> {
  let text = '';
  shell.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  const closed = once(shell, 'close');
  while (text.split('\n').length <= donors) {
    await Promise.race([once(shell.stdout, 'data'), closed]);
    if (shell.exitCode !== null) break;
  }
  closed.catch(() => undefined);
  return text.split('\n').slice(0, -1);
}

function takePipes(pid: string): readonly number[] {
  return descriptors.flatMap((descriptor) => takePipe(`/proc/${pid}/fd/${String(descriptor)}`));
}

function takePipe(path: string): readonly number[] {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (fstatSync(descriptor).isFIFO() && readSync(descriptor, Buffer.alloc(2)) === 1) return [descriptor];
  closeSync(descriptor);
  return [];
}
