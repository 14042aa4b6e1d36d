import type { Options } from './config/options.ts';
import { EvaluatorChain } from './evaluate/chain.ts';
import type { Evaluator } from './evaluate/evaluator.ts';
import { ExecutableEvaluator } from './evaluate/executable.ts';
import { LocalEvaluator } from './evaluate/local.ts';
import { ImageStore } from './local/image-store.ts';
import { Sandboxes } from './local/sandboxes.ts';
import { storeDirectory } from './local/store-directory.ts';
import type { Resolver } from './resolver/resolver.ts';
import { chooseRuntime } from './runtime.ts';
import type { Surroundings } from './wire-resolver.ts';

export interface WiredEvaluator {
  readonly evaluator: Evaluator;
  close(): Promise<void>;
}

const maxStderrBytes = 1024 * 1024;
const maxProcesses = 512;
const tmpBytes = 256 * 1024 * 1024;

/**
 * The evaluators that the flags leave, in their order: executables, then images.
 *
 * @throws {RunnerError} `CFG_FUNCTIONS` for the file of executables, `CFG_OPTION` for a runtime that there is not.
 */
export async function wireEvaluator(
  options: Options,
  resolver: Resolver,
  surroundings: Surroundings,
): Promise<WiredEvaluator> {
  const evaluators: Evaluator[] = [...(surroundings.overrides.firstEvaluators ?? [])];
  const choice = chooseRuntime(options, surroundings.environment);
  if (choice.warning !== undefined) surroundings.log.warn(choice.warning);
  if (!options.disableRuntimes.includes('exec')) evaluators.push(await executables(options, surroundings));
  if (options.disableRuntimes.includes('pod')) {
    return { evaluator: new EvaluatorChain(evaluators), close: async () => Promise.resolve() };
  }
  const store = imageStore(options, surroundings);
  evaluators.push(localEvaluator(options, resolver, store, surroundings));
  return { evaluator: new EvaluatorChain(evaluators), close: async () => store.close() };
}

async function executables(options: Options, { environment, log }: Surroundings): Promise<Evaluator> {
  return ExecutableEvaluator.load({
    functionsDir: options.functions,
    configFile: options.config,
    defaultImagePrefix: options.defaultImagePrefix,
    environment: { PATH: environment['PATH'] ?? '', HOME: environment['HOME'] ?? '/' },
    limits: {
      timeoutMs: options.evaluationTimeoutMs,
      maxStdoutBytes: options.maxRequestBodySize,
      maxStderrBytes,
      maxResidentBytes: options.functionMemoryLimit,
    },
    log,
  });
}

function imageStore(options: Options, { environment, log, counters, overrides }: Surroundings): ImageStore {
  return new ImageStore({
    directory: storeFolder(options, environment),
    maxBytes: options.imageStoreSize,
    ...(overrides.onPullProgress === undefined ? {} : { onProgress: overrides.onPullProgress }),
    log,
    counters,
  });
}

function storeFolder(options: Options, environment: NodeJS.ProcessEnv): string {
  return options.imageStore === '' ? storeDirectory(environment) : options.imageStore;
}

function localEvaluator(
  options: Options,
  resolver: Resolver,
  store: ImageStore,
  { environment, log, counters }: Surroundings,
): Evaluator {
  return new LocalEvaluator({
    resolver,
    store,
    sandboxes: new Sandboxes({ path: environment['PATH'] ?? '', directory: storeFolder(options, environment), log }),
    limits: {
      timeoutMs: options.evaluationTimeoutMs,
      maxStdoutBytes: options.maxRequestBodySize,
      maxStderrBytes,
      maxResidentBytes: options.functionMemoryLimit,
      maxProcesses,
      tmpBytes,
    },
    counters,
  });
}
