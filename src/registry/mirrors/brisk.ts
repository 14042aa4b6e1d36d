import type { Readable } from 'node:stream';

/** Below this a mirror is no help. */
const bytesPerMs = 256;

/**
 * The same bytes, or an error once they have been waited for longer in all than `patienceMs` and the time that they would
 * take at 256 kB/s. Time that the reader takes does not count.
 */
export async function* brisk(body: Readable, patienceMs: number): AsyncGenerator<Uint8Array, void> {
  const iterator: AsyncIterator<unknown, unknown> = body[Symbol.asyncIterator]();
  let leftMs = patienceMs;
  try {
    for (;;) {
      const startedMs = performance.now();
      const next = await within(iterator.next(), leftMs);
      leftMs -= performance.now() - startedMs;
      if (next.done === true) return;
      if (!(next.value instanceof Uint8Array)) continue;
      leftMs += next.value.length / bytesPerMs;
      yield next.value;
    }
  } finally {
    body.destroy();
  }
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => {
      reject(Object.assign(new Error('it comes too slowly'), { code: 'UND_ERR_BODY_TIMEOUT' }));
    },
    Math.max(1, timeoutMs),
  );
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
