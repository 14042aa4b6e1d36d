import { noCounters } from '../../../../src/core/counters.ts';
import { silentLog } from '../../../../src/core/log.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { ApiClient } from '../../../../src/kubernetes/api-client.ts';
import { openStore } from '../../../../src/kubernetes/open-store.ts';
import { Permissions } from '../../../../src/kubernetes/permissions.ts';
import { CallerKey } from '../../../../src/kubernetes/pull-secret/generated/caller-key.ts';
import { callerKeyName } from '../../../../src/kubernetes/pull-secret/generated/generated-names.ts';
import {
  GeneratedSecrets,
  type IssuedLogin,
} from '../../../../src/kubernetes/pull-secret/generated/generated-secrets.ts';
import { secrets } from '../../../../src/kubernetes/resources.ts';
import type { AccessRule } from '../../../support/api-double/access-rules.ts';
import type { ApiDouble } from '../../../support/api-double/api-double.ts';
import type { SteppedClock } from '../../stepped-clock.ts';

export const base = 'auth-secret';
const namespace = 'porch-fn-system';
export const resource = secrets(namespace);
export const image = { domain: 'cloud.io', path: 'team/fn' };

const ofSecrets = { apiGroups: [''], resources: ['secrets'] };
export const roles: Readonly<Record<'component' | 'porch' | 'bound', readonly AccessRule[]>> = {
  /** manifests/components/generated-pull-secrets */
  component: [{ ...ofSecrets, verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'] }],
  porch: [{ ...ofSecrets, verbs: ['get', 'create', 'update', 'delete'] }],
  /** manifests/private-registries alone */
  bound: [{ ...ofSecrets, resourceNames: [base], verbs: ['get', 'list', 'watch', 'create', 'patch'] }],
};
export type Role = keyof typeof roles;

/** A program whose logins live so long, and are renewed at 80 % of that, as those of providers are. */
export class Program {
  runs = 0;
  readonly #clock: SteppedClock;
  readonly #lifeMs: number | undefined;
  #given: IssuedLogin | undefined;
  #freshUntilMs = 0;

  constructor(clock: SteppedClock, lifeMs: number | undefined = 20_000) {
    this.#clock = clock;
    this.#lifeMs = lifeMs;
  }

  get login(): IssuedLogin {
    const now = this.#clock.now();
    if (this.#given !== undefined && now < this.#freshUntilMs) return this.#given;
    this.runs += 1;
    const password = `token-${String(this.runs)}-${String(now)}`;
    this.#freshUntilMs = now + (this.#lifeMs ?? 60_000) * 0.8;
    this.#given = {
      scope: 'provider cloud Registry cloud.io cloud.io',
      servers: ['cloud.io'],
      login: { username: 'AWS', password: new Secret(password) },
      fingerprint: password,
      expiresAtMs: this.#lifeMs === undefined ? undefined : now + this.#lifeMs,
    };
    return this.#given;
  }

  get password(): string {
    return this.#given?.login.password.reveal().toString() ?? '';
  }
}

export interface Runner {
  readonly secrets: GeneratedSecrets;
  readonly callerKey: CallerKey;
  close(): Promise<void>;
}

/** One replica, as that user. */
export function runnerOf(double: ApiDouble, user: Role, clock: SteppedClock, program: Program): Runner {
  const quiet = { log: silentLog, counters: noCounters };
  const api = new ApiClient({ access: double.access(user), ...quiet });
  const permissions = new Permissions({ api, log: silentLog });
  const shared = { api, resource, permissions, clock, ...quiet };
  const generated = new GeneratedSecrets({
    ...shared,
    name: base,
    lookup: async () => Promise.resolve([program.login]),
  });
  const callerKey = new CallerKey({
    ...shared,
    name: callerKeyName(base),
    openStore: async (name) => openStore({ api, permissions, resource, name, ...quiet, intervalMs: 20 }),
  });
  return {
    secrets: generated,
    callerKey,
    close: async () => {
      generated.close();
      callerKey.close();
      await api.close();
    },
  };
}
