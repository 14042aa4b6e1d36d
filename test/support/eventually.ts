import { setTimeout as wait } from 'node:timers/promises';

/** Waits until the condition holds. Throws, naming what was awaited, when it does not in time. */
export async function eventually(
  what: string,
  withinMs: number,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const untilMs = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > untilMs) throw new Error(`not within ${String(withinMs)} ms: ${what}`);
    await wait(50);
  }
}
