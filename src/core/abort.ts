import { timerMs } from './clock.ts';
import { noteDeadline } from './deadline.ts';
import { RunnerError } from './errors.ts';

/** A signal that aborts with `DEADLINE` after `timeoutMs`, or with the parent's reason before. Dispose it to free the timer. */
export function withTimeout(
  parent: AbortSignal | undefined,
  timeoutMs: number,
  what: string,
): { readonly signal: AbortSignal; [Symbol.dispose](): void } {
  const controller = new AbortController();
  noteDeadline(controller.signal, parent, Date.now() + timeoutMs);
  const onParent = (): void => {
    controller.abort(parent?.reason);
  };
  if (parent?.aborted === true) onParent();
  else parent?.addEventListener('abort', onParent, { once: true });
  const timer = setTimeout(() => {
    controller.abort(new RunnerError('DEADLINE', `${what} took longer than ${String(timeoutMs)} ms`));
  }, timerMs(timeoutMs));
  timer.unref();
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      parent?.removeEventListener('abort', onParent);
    },
  };
}
