import type { Options } from './config/options.ts';
import { countedEvaluator } from './counted-evaluator.ts';
import { once } from './core/once.ts';
import { EvaluatorChain } from './evaluate/chain.ts';
import type { Evaluator } from './evaluate/evaluator.ts';
import { ExecutableEvaluator } from './evaluate/executable.ts';
import { maxStderrBytes } from './function-limits.ts';
import type { Reference } from './image/reference.ts';
import { RunRegistries } from './image/run-registries.ts';
import type { Resolver } from './resolver/resolver.ts';
import { chooseRuntime } from './runtime.ts';
import type { Surroundings, WiredResolver } from './wire-resolver.ts';

export interface WiredEvaluator {
  readonly evaluator: Evaluator;
  /** Path of the executable that stands in for an image, as the cluster says. */
  readonly findExecutable?: (reference: Reference) => string | undefined;
  close(): Promise<void>;
}

/**
 * The evaluators that the flags leave, in their order: executables, then images.
 *
 * @throws {RunnerError} `CFG_FUNCTIONS` for the file of executables, `CFG_OPTION` for a runtime that there is not.
 */
export async function wireEvaluator(
  options: Options,
  resolver: WiredResolver,
  surroundings: Surroundings,
): Promise<WiredEvaluator> {
  const images = options.disableRuntimes.includes('pod')
    ? undefined
    : await wireImages(options, resolver, surroundings);
  try {
    const executables = options.disableRuntimes.includes('exec')
      ? undefined
      : await wireExecutables(options, images?.findExecutable, surroundings);
    const { firstEvaluators = [] } = surroundings.overrides;
    const evaluators = [...firstEvaluators, executables, images?.evaluator].filter((one) => one !== undefined);
    return { evaluator: new EvaluatorChain(evaluators), close: async () => images?.close() };
  } catch (error) {
    await images?.close();
    throw error;
  }
}

async function wireImages(
  options: Options,
  resolver: WiredResolver,
  surroundings: Surroundings,
): Promise<WiredEvaluator> {
  switch (chooseRuntime(options, surroundings.environment)) {
    case 'pod': {
      const { wirePods } = await import('./wire-pods.ts');
      return wirePods(options, resolver, surroundings);
    }
    case 'local':
      return lateLocal(options, resolver.resolver, surroundings);
  }
}

async function wireExecutables(
  options: Options,
  findElsewhere: WiredEvaluator['findExecutable'],
  { environment, log, counters }: Surroundings,
): Promise<Evaluator> {
  const runs = RunRegistries.parse(options.runRegistry);
  const evaluator = await ExecutableEvaluator.load({
    functionsDir: options.functions,
    configFile: options.config,
    defaultImagePrefix: options.defaultImagePrefix,
    lookedUpAs: (reference) => runs.toResolve(reference),
    ...(findElsewhere && { findElsewhere }),
    environment: { PATH: environment['PATH'] ?? '', HOME: environment['HOME'] ?? '/' },
    limits: {
      timeoutMs: options.evaluationTimeoutMs,
      maxStdoutBytes: options.maxRequestBodySize,
      maxStderrBytes,
      maxResidentBytes: options.functionMemoryLimit,
    },
    log,
  });
  return countedEvaluator(evaluator, 'executable', counters);
}

/** The local runtime, loaded with the first image that has to run: a service that only resolves does without it. */
function lateLocal(options: Options, resolver: Resolver, surroundings: Surroundings): WiredEvaluator {
  let wired: WiredEvaluator | undefined;
  const load = once(async () => {
    const { wireLocal } = await import('./wire-local.ts');
    wired = wireLocal(options, resolver, surroundings);
    return wired;
  });
  return {
    evaluator: { evaluate: async (request) => (await load()).evaluator.evaluate(request) },
    close: async () => wired?.close(),
  };
}
