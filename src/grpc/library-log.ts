import { format } from 'node:util';
import { setLogger } from '@grpc/grpc-js';
import type { Log } from '../core/log.ts';

/** Sends what grpc-js itself has to say, for the whole process, to our log; it writes plain text to stderr otherwise. */
export function routeLibraryLog(log: Log): void {
  setLogger({
    // What fails for it fails in one of our calls too, which says so in its own error.
    error: (...parts: readonly unknown[]) => {
      log.warn('grpc-js', { text: format(...parts) });
    },
    info: (...parts: readonly unknown[]) => {
      log.debug('grpc-js', { text: format(...parts) });
    },
    debug: (...parts: readonly unknown[]) => {
      log.trace('grpc-js', { text: format(...parts) });
    },
  });
}
