import type { Readable } from 'node:stream';
import { abortError } from '../../core/deadline.ts';

/** The whole body, closed then. @throws what the stream does, an Error past `maxBytes`, the signal's reason */
export async function readAll(body: Readable, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const stop = (): void => {
    body.destroy(abortError(signal));
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      const piece = Buffer.from(chunk instanceof Uint8Array ? chunk : String(chunk));
      bytes += piece.length;
      if (bytes > maxBytes) throw new Error(`the answer is over ${String(maxBytes)} bytes`);
      chunks.push(piece);
    }
    return Buffer.concat(chunks);
  } finally {
    signal.removeEventListener('abort', stop);
    if (!body.readableEnded) body.destroy();
  }
}
