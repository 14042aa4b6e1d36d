import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { withTimeout } from '../../core/abort.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';

/** Above the largest manifest and config that are read at all (registry-behaviour 4.4, SZ6). */
const maxPrefetchedBytes = 4.5 * 1024 * 1024;
/** Registry-behaviour 5.9, TO7. */
export const wholeBodyMs = 30_000;

/**
 * The same body, read ahead, so that one that is cut short can be asked for again like an answer that never came
 * (registry-behaviour 4.2, V7). Of a body that is larger than any that we use only the beginning is read ahead. Throws
 * undici's error, `DEADLINE` after 30 s, or the signal's reason; the body is closed then.
 */
export async function prefetched(body: Readable, signal: AbortSignal, what: string): Promise<Readable> {
  using bound = withTimeout(signal, wholeBodyMs, what);
  const iterator: AsyncIterator<unknown, unknown> = body[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  try {
    for (let bytes = 0; bytes <= maxPrefetchedBytes;) {
      const next = await unlessAborted(iterator.next(), bound.signal);
      if (next.done === true) {
        // undici gives the socket back to its pool one turn after the body's end; the next request would open another.
        await setImmediate();
        return Readable.from(chunks);
      }
      if (!(next.value instanceof Uint8Array)) continue;
      chunks.push(next.value);
      bytes += next.value.length;
    }
  } catch (thrown) {
    body.destroy();
    throw thrown;
  }
  const rest = Readable.from(continued(chunks, iterator));
  rest.once('close', () => {
    body.destroy();
  });
  return rest;
}

async function* continued(chunks: readonly Uint8Array[], iterator: AsyncIterator<unknown, unknown>): AsyncGenerator {
  yield* chunks;
  for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
}
