import { setFlagsFromString } from 'node:v8';

/**
 * Runs a start-up with V8's young generation kept at its first size. Loading modules makes much garbage once; V8 would
 * grow its space for that and keep it (10 MB of resident memory) in a service that may then be idle for hours.
 */
export async function startSmall<T>(start: () => Promise<T>): Promise<T> {
  setFlagsFromString('--semi-space-growth-factor=1');
  try {
    return await start();
  } finally {
    // The default: under load it may grow.
    setFlagsFromString('--semi-space-growth-factor=2');
  }
}
