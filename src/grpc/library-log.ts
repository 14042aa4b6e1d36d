import { format } from 'node:util';
import { setLogger } from '@grpc/grpc-js';
import type { Log } from '../core/log.ts';

/** As grpc-js writes metadata: JSON, bytes as Node has them. A text may hold brackets and quotes. */
const loginHeader = /("(?:x-registry-auth(?:-bin)?|authorization)":)\[(?:"(?:[^"\\]|\\.)*"|[^"[\]]|\[[\d,]*\])*\]/gi;

/** Sends what grpc-js itself has to say, for the whole process, to our log; it writes plain text to stderr otherwise. */
export function routeLibraryLog(log: Log): void {
  setLogger({
    // What fails for it fails in one of our calls too, which says so in its own error.
    error: (...parts: readonly unknown[]) => {
      log.warn('grpc-js', { text: textOf(parts) });
    },
    info: (...parts: readonly unknown[]) => {
      log.debug('grpc-js', { text: textOf(parts) });
    },
    debug: (...parts: readonly unknown[]) => {
      log.trace('grpc-js', { text: textOf(parts) });
    },
  });
}

/** It writes all headers of a call when `GRPC_TRACE` says so. */
function textOf(parts: readonly unknown[]): string {
  return format(...parts).replaceAll(loginHeader, '$1["…"]');
}
