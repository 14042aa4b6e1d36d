import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { configAnnotations, type FunctionConfig } from './function-config.ts';
import type { FunctionConfigObject } from './function-config-object.ts';
import { type FunctionConfigRules, parseFunctionConfig } from './parse-function-config.ts';
import { SpecProblem } from './spec-fields.ts';

interface Known {
  /** All that its reading depends on. */
  readonly version: string;
  readonly uid: string;
  readonly config: FunctionConfig | undefined;
  readonly problem: string | undefined;
}

/** FunctionConfigs as they were read: each version once, and the last good one kept while a newer one is malformed. */
export class KnownConfigs {
  readonly #options: FunctionConfigRules & { readonly log: Log };
  readonly #known = new Map<string, Known>();
  #list: readonly FunctionConfig[] | undefined;

  constructor(options: FunctionConfigRules & { readonly log: Log }) {
    this.#options = options;
  }

  list(): readonly FunctionConfig[] {
    this.#list ??= [...this.#known.values()].flatMap(({ config }) => config ?? []);
    return this.#list;
  }

  /** @param object undefined when it has gone; one that is being deleted counts as gone */
  take(
    name: string,
    object: FunctionConfigObject | undefined,
  ): { readonly problem: string | undefined; readonly isNews: boolean } {
    const before = this.#known.get(name);
    if (object === undefined || object.metadata.deletionMs !== undefined) {
      this.#known.delete(name);
      return { problem: undefined, isNews: this.#noteNews(before?.config, undefined) };
    }
    const version = versionOf(object);
    if (before?.version === version) return { problem: before.problem, isNews: false };
    const known = this.#read(object, version, before);
    this.#known.set(name, known);
    return { problem: known.problem, isNews: this.#noteNews(before?.config, known.config) };
  }

  #read(object: FunctionConfigObject, version: string, before: Known | undefined): Known {
    const { uid, name, namespace, generation } = object.metadata;
    try {
      return { version, uid, config: parseFunctionConfig(object, this.#options), problem: undefined };
    } catch (thrown) {
      const problem = thrown instanceof SpecProblem ? thrown.message : toRunnerError(thrown).message;
      const config = before?.uid === uid ? before.config : undefined;
      const values = { name, namespace, generation, error: problem, generationInUse: config?.generation };
      this.#options.log.error('a FunctionConfig is malformed', values);
      return { version, uid, config, problem };
    }
  }

  #noteNews(before: FunctionConfig | undefined, after: FunctionConfig | undefined): boolean {
    if (before === after) return false;
    this.#list = undefined;
    return true;
  }
}

function versionOf({ metadata: { uid, generation, annotations } }: FunctionConfigObject): string {
  return JSON.stringify([
    uid,
    generation,
    ...Object.values(configAnnotations).map((name) => annotations[name] ?? null),
  ]);
}
