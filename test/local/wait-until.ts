import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the condition holds; fails after `timeoutMs`. */
export async function waitUntil(condition: () => boolean | Promise<boolean>, timeoutMs = 3000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('it did not come true in time');
    await delay(20);
  }
}

/** Whether a process with this id is there and is more than a zombie. */
export async function isRunning(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${String(pid)}/stat`, 'latin1').catch(() => '');
  return text !== '' && !text.slice(text.lastIndexOf(')')).startsWith(') Z');
}
