import { type CallerLogin } from '../../credentials/caller.ts';
import { loginDigest } from '../../credentials/fingerprint.ts';
import { serverOf } from '../../credentials/server-of.ts';
import type { Reference } from '../../image/reference.ts';
import type { CallerKey } from '../../kubernetes/pull-secret/generated/caller-key.ts';
import { nodeLogin } from '../../kubernetes/pull-secret/generated/generated-content.ts';
import { callerDigits, callerName, issuedName } from '../../kubernetes/pull-secret/generated/generated-names.ts';
import type { GeneratedSecrets } from '../../kubernetes/pull-secret/generated/generated-secrets.ts';
import type { IssuedLogins } from '../../kubernetes/pull-secret/generated/issued-logins.ts';
import type { ChosenSecrets, PodPullSecrets, PulledPod } from './pod-pull-secrets.ts';

interface GeneratedPullSecretsOptions {
  readonly issued: Pick<IssuedLogins, 'for' | 'refused'>;
  /** What is needed once there is a login for a secret. */
  readonly load: () => Promise<{
    readonly secrets: Pick<GeneratedSecrets, 'ensureIssued' | 'ensureCaller' | 'versionOf'>;
    readonly callerKey: Pick<CallerKey, 'get'>;
  }>;
  /** `--registry-auth-secret-name` */
  readonly name: string;
  /** An image that nodes pull under another name than we look it up by. */
  readonly toResolve: (image: Reference) => Reference;
  /** Keys under which a login has to stand besides its own. */
  readonly alsoUnder: (server: string) => readonly string[];
}

interface CallerSecret {
  readonly callerKey: string;
  readonly name: string;
  readonly servers: readonly string[];
}

/** Pull secrets for pods whose images are opened by what programs give or callers bring. */
export class GeneratedPullSecrets implements PodPullSecrets {
  readonly #options: GeneratedPullSecretsOptions;
  /** Versions of the secrets when a pod was last about to be created with them. */
  readonly #versions = new WeakMap<PulledPod, string>();

  constructor(options: GeneratedPullSecretsOptions) {
    this.#options = options;
  }

  async choose(pod: PulledPod): Promise<ChosenSecrets> {
    const { issued } = this.#options;
    const found = await Promise.all(
      this.#programImages(pod).map(async (image) => issued.for(image, { remembered: true })),
    );
    const names = found.flatMap((of) => of.names);
    const warnings = found.flatMap((of) => of.warnings);
    const { caller, reference } = pod;
    if (caller === undefined) return { names, scopeKey: '', warnings };
    const { callerKey, name } = await this.#callerSecret(reference, caller);
    const login = nodeLogin(caller.login);
    if (login.kind === 'usable') return { names: [name, ...names], scopeKey: callerKey, callerKey, warnings };
    const reason = `the node cannot use the credentials of the call: ${login.reason}`;
    return { names, scopeKey: callerKey, callerKey, warnings: [...warnings, reason] };
  }

  async ensure(pod: PulledPod, signal: AbortSignal): Promise<void> {
    await this.#ensure(pod, signal, false);
  }

  async renew(pod: PulledPod, signal: AbortSignal): Promise<boolean> {
    const before = this.#versions.get(pod);
    if (before === undefined) return false;
    for (const image of this.#programImages(pod)) await this.#options.issued.refused(image, signal);
    await this.#ensure(pod, signal, true);
    return this.#versions.get(pod) !== before;
  }

  async #ensure(pod: PulledPod, signal: AbortSignal, isRefused: boolean): Promise<void> {
    const names = [...(await this.#ensureIssued(pod, signal, isRefused)), ...(await this.#ensureCaller(pod, signal))];
    if (names.length === 0) return;
    const { secrets } = await this.#options.load();
    this.#versions.set(pod, names.map((name) => `${name} ${secrets.versionOf(name)}`).join());
  }

  async #ensureIssued(pod: PulledPod, signal: AbortSignal, isRefused: boolean): Promise<readonly string[]> {
    const { issued, load, name } = this.#options;
    const names: string[] = [];
    for (const image of this.#programImages(pod)) {
      for (const login of (await issued.for(image, { signal })).logins) {
        await (await load()).secrets.ensureIssued(login, image, signal, isRefused);
        names.push(issuedName(name, login.scope));
      }
    }
    return names;
  }

  async #ensureCaller({ caller, reference }: PulledPod, signal: AbortSignal): Promise<readonly string[]> {
    const login = caller && nodeLogin(caller.login);
    if (caller === undefined || login?.kind !== 'usable') return [];
    const { name, servers } = await this.#callerSecret(reference, caller, signal);
    await (await this.#options.load()).secrets.ensureCaller(name, servers, login, signal);
    return [name];
  }

  /** As we look them up. Of a function that a caller opens, the others alone. */
  #programImages({ images, reference, caller }: PulledPod): readonly Reference[] {
    const resolved = images.map((image) => this.#options.toResolve(image));
    if (caller === undefined) return resolved;
    return resolved.filter(({ domain, path }) => domain !== reference.domain || path !== reference.path);
  }

  /** The same caller has other secrets for other registries. */
  async #callerSecret({ domain }: Reference, { login }: CallerLogin, signal?: AbortSignal): Promise<CallerSecret> {
    const { load, name, alsoUnder } = this.#options;
    const key = (await (await load()).callerKey.get(signal)).reveal();
    const server = serverOf(domain);
    const servers = [...new Set([server, ...alsoUnder(server)])];
    const digest = (also: readonly string[]): string => loginDigest(key, login, also).slice(0, callerDigits);
    return { callerKey: digest([]), name: callerName(name, digest(servers)), servers };
  }
}
