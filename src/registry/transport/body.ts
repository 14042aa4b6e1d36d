import { withTimeout } from '../../core/abort.ts';
import { abortError } from '../../core/deadline.ts';
import { RunnerError } from '../../core/errors.ts';
import { wholeBodyMs } from './prefetch.ts';
import { classifyError } from '../trust/signals.ts';
import type { TransportResponse } from './transport-request.ts';

/**
 * The whole body. Throws `MAN_SIZE` past `maxBytes`, whatever Content-Length says, `UNREACHABLE` when it is cut short,
 * `DEADLINE` when it takes over 30 s (registry-behaviour 5.9, TO7), or the signal's reason. The body is closed then.
 */
export async function readBody(response: TransportResponse, maxBytes: number, signal: AbortSignal): Promise<Buffer> {
  const { body, route } = response;
  using bound = withTimeout(signal, wholeBodyMs, `the answer of ${route.authority}`);
  const stop = (): void => {
    body.destroy(abortError(bound.signal));
  };
  if (bound.signal.aborted) stop();
  bound.signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      const piece = chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
      bytes += piece.length;
      if (bytes > maxBytes) throw tooLarge(route.authority, maxBytes);
      chunks.push(Buffer.from(piece));
    }
    return Buffer.concat(chunks);
  } catch (thrown) {
    if (bound.signal.aborted) throw abortError(bound.signal);
    throw thrown instanceof RunnerError ? thrown : cutShort(route.authority, thrown);
  } finally {
    bound.signal.removeEventListener('abort', stop);
    body.destroy();
  }
}

function tooLarge(registry: string, maxBytes: number): RunnerError {
  return new RunnerError('MAN_SIZE', `the answer of ${registry} is over ${String(maxBytes)} bytes`, {
    registry,
    hint: `Check that ${registry} is the registry you mean; no manifest or config of a function is that large.`,
  });
}

export function cutShort(registry: string, cause: unknown): RunnerError {
  const { kind, reason } = classifyError(cause);
  const what = kind === 'closed' || kind === 'reset' ? 'the connection ended in the middle' : reason;
  return new RunnerError('UNREACHABLE', `the answer of ${registry} did not arrive whole: ${what}`, {
    registry,
    cause,
    hint: 'Try again; if it happens again, look at the network and the proxies between here and the registry.',
  });
}
