import { noteDeadline } from './deadline.ts';

/** A signal that can be aborted by itself, and aborts with its parent. Dispose it when nobody listens any more. */
export function linkedAbort(parent: AbortSignal): {
  readonly signal: AbortSignal;
  abort(reason: Error): void;
  [Symbol.dispose](): void;
} {
  const controller = new AbortController();
  noteDeadline(controller.signal, parent, Infinity);
  const onParent = (): void => {
    controller.abort(parent.reason);
  };
  if (parent.aborted) onParent();
  else parent.addEventListener('abort', onParent, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => {
      controller.abort(reason);
    },
    [Symbol.dispose]: () => {
      parent.removeEventListener('abort', onParent);
    },
  };
}
