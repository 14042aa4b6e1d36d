import { setFlagsFromString } from 'node:v8';

/**
 * Undici's HTTP parser is one large WebAssembly function. Once it has run a little, V8 compiles it anew, for which one of its
 * threads keeps 10 MB; as it was compiled first it is fast enough.
 */
const neverCompileAnew = '--wasm-tiering-budget=2000000000';

/**
 * Runs a start-up with V8's young generation kept at its first size. Loading modules makes much garbage once; V8 would
 * grow its space for that and keep it (10 MB of resident memory) in a service that may then be idle for hours.
 */
export async function startSmall<T>(start: () => Promise<T>): Promise<T> {
  setFlagsFromString(neverCompileAnew);
  setFlagsFromString('--semi-space-growth-factor=1');
  try {
    return await start();
  } finally {
    // The default: under load it may grow.
    setFlagsFromString('--semi-space-growth-factor=2');
  }
}
