/** Time, injectable. `now` is milliseconds since the epoch; `delay` rejects with the signal's reason when aborted. */
export interface Clock {
  now(): number;
  delay(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What Node's timers can hold; with more they go off at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The delay for a timer: 24.8 days at most. */
export function timerMs(ms: number): number {
  return Math.min(ms, longestTimerMs);
}

export const systemClock: Clock = {
  now: () => Date.now(),
  delay: async (ms, signal) => {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal?.reason }));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, timerMs(ms));
      signal?.addEventListener('abort', stop, { once: true });
    });
  },
};
