import type { Counters } from '../../../src/core/counters.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { silentLog, type Log } from '../../../src/core/log.ts';
import type { Resource } from '../../../src/kubernetes/api.ts';
import { NodeConfig } from '../../../src/kubernetes/pull-secret/node-config.ts';
import { PullSecret } from '../../../src/kubernetes/pull-secret/pull-secret.ts';
import type { PullSecretSource } from '../../../src/kubernetes/pull-secret/pull-secret-source.ts';
import { secrets } from '../../../src/kubernetes/resources.ts';
import type { SecretObject } from '../../../src/kubernetes/secret-object.ts';
import { objectAt, textAt } from '../../../src/kubernetes/object-meta.ts';
import { MemoryApi, MemoryStore } from '../memory-api.ts';
import { SteppedClock } from '../stepped-clock.ts';

const namespace = 'porch-fn-system';
export const secretName = 'auth-secret';
const resource: Resource<SecretObject> = secrets(namespace);

/** A mounted file that is whatever the test says. */
class SourceDouble implements PullSecretSource {
  problem: Error | undefined;
  #content: Awaited<ReturnType<PullSecretSource['current']>>;

  set(text: string, swappedAtMs: number): void {
    this.#content = { config: NodeConfig.parse(Buffer.from(text), 'f'), swappedAtMs };
  }

  async current(): ReturnType<PullSecretSource['current']> {
    if (this.problem !== undefined) throw this.problem;
    return this.#content;
  }
}

interface RunnerOptions {
  readonly scope?: 'all' | 'registry';
  readonly adopt?: boolean;
  readonly mayList?: boolean;
  /** The API server never answers. */
  readonly isStuck?: boolean;
}

/** The pull secret of one runner, its source, and all that it said. */
export class RunnerDouble {
  readonly source = new SourceDouble();
  readonly lines: string[] = [];
  readonly outcomes: string[] = [];
  readonly stores: MemoryStore<SecretObject>[] = [];
  readonly pullSecret: PullSecret;

  constructor(
    api: MemoryApi,
    clock: SteppedClock,
    { scope = 'all', adopt = false, mayList = false, isStuck = false }: RunnerOptions = {},
  ) {
    this.pullSecret = new PullSecret({
      api,
      resource,
      openStore: async () => {
        if (isStuck) await new Promise(() => undefined);
        const store = new MemoryStore(api, resource);
        this.stores.push(store);
        return store;
      },
      permissions: { allows: async (_namespace, verb) => verb === 'list' && mayList, denied: () => undefined },
      name: secretName,
      source: this.source,
      scope,
      adopt,
      log: this.#log(),
      counters: this.#counters(),
      clock,
    });
  }

  #log(): Log {
    const at =
      (level: string): Log['info'] =>
      (message, values) =>
        this.lines.push(`${level} ${message} ${JSON.stringify(values)}`);
    return { ...silentLog, error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  }

  #counters(): Counters {
    return { add: (name, labels) => this.outcomes.push(`${name} ${Object.values(labels).join(' ')}`) };
  }
}

export const startMs = 1_800_000_000_000;

/** Runners of one cluster and one time. */
export class Runners {
  readonly api = new MemoryApi();
  readonly clock = new SteppedClock(startMs);
  readonly #made: RunnerDouble[] = [];

  add(options?: RunnerOptions): RunnerDouble {
    const made = new RunnerDouble(this.api, this.clock, options);
    this.#made.push(made);
    return made;
  }

  /** What the secret holds; empty when it is not there. */
  content(name = secretName): string {
    const data = objectAt(this.api.raw(name) ?? {}, 'data');
    return Buffer.from(textAt(data, '.dockerconfigjson'), 'base64').toString();
  }

  /** As somebody else would change it. */
  edit(change: (raw: JsonObject) => JsonObject): void {
    this.api.put(secretName, change(this.api.raw(secretName) ?? {}));
  }

  close(): void {
    for (const { pullSecret } of this.#made) pullSecret.close();
  }
}

/** A secret as somebody else would make it. */
export function secretOf(text: string, more: JsonObject = {}): JsonObject {
  const data = { '.dockerconfigjson': Buffer.from(text).toString('base64') };
  return { type: 'kubernetes.io/dockerconfigjson', data, ...more };
}
