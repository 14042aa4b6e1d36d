import type { Options } from './config/options.ts';
import { LocalEvaluator } from './evaluate/local.ts';
import { maxStderrBytes, tmpBytes } from './function-limits.ts';
import { ImageStore } from './local/store/image-store.ts';
import { Sandboxes } from './local/sandbox/sandboxes.ts';
import { storeDirectory } from './local/store/store-directory.ts';
import type { Resolver } from './resolver/resolver.ts';
import type { WiredEvaluator } from './wire-evaluator.ts';
import type { Surroundings } from './wire-resolver.ts';

/** Image store, sandbox and evaluator of the local runtime. */
export function wireLocal(options: Options, resolver: Resolver, surroundings: Surroundings): WiredEvaluator {
  const { environment, log, counters, overrides } = surroundings;
  const directory = options.imageStore === '' ? storeDirectory(environment) : options.imageStore;
  const store = new ImageStore({
    directory,
    maxBytes: options.imageStoreSize,
    ...(overrides.onPullProgress && { onProgress: overrides.onPullProgress }),
    log,
    counters,
  });
  const evaluator = new LocalEvaluator({
    resolver,
    store,
    sandboxes: new Sandboxes({ path: environment['PATH'] ?? '', directory, log }),
    limits: {
      timeoutMs: options.evaluationTimeoutMs,
      maxStdoutBytes: options.maxRequestBodySize,
      maxStderrBytes,
      maxResidentBytes: options.functionMemoryLimit,
      tmpBytes,
    },
    counters,
  });
  return { evaluator, close: async () => store.close() };
}
