import { setTimeout as wait } from 'node:timers/promises';

/** Resolves as soon as the condition holds, which is looked at again and again. Rejects with the signal. */
export async function until(holds: () => boolean, signal: AbortSignal): Promise<void> {
  while (!holds()) await wait(2, undefined, { signal });
}
