import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RunnerError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { quoteInput } from '../image/quote.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import { type ProcessLimits, runProcess } from '../local/process/process.ts';
import type { EvaluateRequest, Evaluator, Outcome } from './evaluator.ts';
import { type Executables, parseExecutables } from './executable-config.ts';
import { outcomeOf } from './outcome.ts';

export interface ExecutableOptions {
  /** `--functions`: the folder that holds the executables. */
  readonly functionsDir: string;
  /** `--config`: which image is which executable; the file may be missing. */
  readonly configFile: string;
  /** Put before an image name without a slash; empty for none. */
  readonly defaultImagePrefix: string;
  /** Where an image is looked up; default: where it is said to be. */
  readonly lookedUpAs?: (reference: Reference) => Reference;
  /** Where the file does not name the image: path of its executable, absolute or within the folder. */
  readonly findElsewhere?: (reference: Reference) => string | undefined;
  /** All that the function sees as its environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: ProcessLimits;
  readonly log: Log;
}

/** Functions that are executables on this machine, as the `--config` file and FunctionConfigs map them. They run unconfined, as the service itself. */
export class ExecutableEvaluator implements Evaluator {
  readonly #options: ExecutableOptions;
  readonly #executables: Executables;

  private constructor(options: ExecutableOptions, executables: Executables) {
    this.#options = options;
    this.#executables = executables;
  }

  /** Reads the configuration once. @throws {RunnerError} `CFG_FUNCTIONS` naming the place that is wrong */
  static async load(options: ExecutableOptions): Promise<ExecutableEvaluator> {
    const text = await readIfThere(options.configFile);
    const executables = parseExecutables(
      text ?? '',
      options.configFile,
      options.defaultImagePrefix,
      options.lookedUpAs,
    );
    if (text !== undefined) {
      options.log.info('executables', { file: options.configFile, count: new Set(executables.values()).size });
    }
    return new ExecutableEvaluator(options, executables);
  }

  /** @throws {RunnerError} `FUNCTION_NOT_FOUND`, `REF_*`, `FUNCTION_*`, or the signal's reason */
  async evaluate({ image, resourceList, signal }: EvaluateRequest): Promise<Outcome> {
    const name = this.#find(image);
    if (name === undefined) throw new RunnerError('FUNCTION_NOT_FOUND', `no executable for ${quoteInput(image)}`);
    const { functionsDir, environment, limits } = this.#options;
    const argv = [resolve(functionsDir, name)] as const;
    const finished = await runProcess({ argv, env: environment, stdin: resourceList, limits, signal });
    return outcomeOf({ ...finished, runtime: 'executable', image, digest: undefined });
  }

  #find(image: string): string | undefined {
    const { findElsewhere } = this.#options;
    if (this.#executables.size === 0 && findElsewhere === undefined) return undefined;
    const named = this.#executables.get(image);
    if (named !== undefined) return named;
    const reference = nameOf(image, this.#options);
    return this.#executables.get(reference.canonical) ?? findElsewhere?.(reference);
  }
}

function nameOf(image: string, { defaultImagePrefix, lookedUpAs }: ExecutableOptions): Reference {
  const reference = parseReference(image, { defaultImagePrefix });
  return lookedUpAs?.(reference) ?? reference;
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new RunnerError('CFG_FUNCTIONS', `${file} cannot be read`, { cause, file });
  }
}
