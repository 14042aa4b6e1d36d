import { RunnerError, toRunnerError } from '../../../core/errors.ts';
import { unlessAborted } from '../../../core/unless-aborted.ts';
import type { BasicLogin } from '../../../credentials/candidate.ts';
import type { ImageName } from '../../../credentials/credential-source.ts';
import type { SecretObject } from '../../secret-object.ts';
import type { Store } from '../../store.ts';
import { SecretCollection } from '../secret-collection.ts';
import { SecretKeeper, type SourcedContent } from '../secret-keeper.ts';
import { generatedContent } from './generated-content.ts';
import { callerMarks, issuedMarks, termOf } from './generated-marks.ts';
import { callerMark, issuedName, unusedMsOf } from './generated-names.ts';
import { withHint } from './generated-rights.ts';
import { type GeneratedStore, type GeneratedStoreOptions, openGeneratedStore } from './generated-store.ts';
import { Renewal } from './renewal.ts';
import { hasEnded, outlives, type Term } from './term.ts';

/** The login of a program, in a form that nodes can use. */
export interface IssuedLogin {
  /** See `Issued.scope`. */
  readonly scope: string;
  /** Keys in a docker config for nodes. */
  readonly servers: readonly string[];
  readonly login: BasicLogin;
  /** Another one for another login. No secret. */
  readonly fingerprint: string;
  readonly expiresAtMs: number | undefined;
}

export interface GeneratedSecretsOptions extends GeneratedStoreOptions {
  /** Of the namespace of the function pods. */
  readonly api: GeneratedStoreOptions['api'] & ConstructorParameters<typeof SecretKeeper>[0]['api'];
  /** `--registry-auth-secret-name` */
  readonly name: string;
  /** What programs give for an image now. @throws {RunnerError} only the signal's reason */
  readonly lookup: (image: ImageName, signal: AbortSignal) => Promise<readonly IssuedLogin[]>;
  /** Time between two looks at which logins end. Default 1000. */
  readonly checkIntervalMs?: number;
}

/** Pull secrets that are made from logins which stand in no mounted file: what programs give, and what callers bring. */
export class GeneratedSecrets {
  readonly #options: GeneratedSecretsOptions;
  readonly #keeper: SecretKeeper;
  readonly #collection: SecretCollection;
  readonly #renewal: Renewal;
  /** Logins of programs, by the names of their secrets. */
  readonly #terms = new Map<string, Term & { readonly fingerprint: string }>();
  #opening: Promise<GeneratedStore> | undefined;
  #opened: GeneratedStore | undefined;
  readonly #closing = new AbortController();

  constructor(options: GeneratedSecretsOptions) {
    this.#options = options;
    const { clock, log, name } = options;
    this.#keeper = new SecretKeeper({
      ...options,
      adopt: 'never',
      openStore: async (found) => ofMany(await this.#open(), found),
      onChange: () => undefined,
    });
    this.#collection = new SecretCollection({
      ...options,
      kept: this.#keeper.kept,
      unusedMsOf: (found) => unusedMsOf(name, found),
      listed: async () => Promise.resolve(this.#opened?.store.list().map(({ metadata }) => metadata.name) ?? []),
      isGone: (found) => this.#opened?.isWatched === true && this.#opened.store.get(found) === undefined,
    });
    this.#renewal = new Renewal({
      clock,
      log,
      checkIntervalMs: options.checkIntervalMs ?? 1000,
      termOf: (found) => this.#termOf(found),
      renew: async (found, image, signal) => this.#renew(found, image, signal),
    });
  }

  /**
   * Makes sure that the login is in the cluster, as a pod is about to be created with its secret. No request when it is
   * known to be.
   *
   * @param image for which the program gave it
   * @param isRefused a registry did not take what is there: it is written however lately that was done
   * @throws {RunnerError} `PULL_SECRET`, `CLUSTER_*`
   */
  async ensureIssued(issued: IssuedLogin, image: ImageName, signal: AbortSignal, isRefused = false): Promise<void> {
    const { clock, resource } = this.#options;
    const name = issuedName(this.#options.name, issued.scope);
    await this.#looked(name, signal);
    const kept = this.#keeper.keep(name);
    const term = this.#note(name, issued);
    const there = termOf(this.#opened?.store.get(name));
    if (!outlives(there, term, clock.now())) {
      const isUrgent = isRefused || hasEnded(there, clock.now());
      const sourced = { ...this.#sourced(issued, image, term), isUrgent };
      await withHint(this.#keeper.ensure(kept, sourced, signal), resource.namespace);
    }
    this.#renewal.note(name);
  }

  /**
   * The same for a caller's login, which is never renewed.
   *
   * @param name see `callerName`
   */
  async ensureCaller(name: string, servers: readonly string[], login: BasicLogin, signal: AbortSignal): Promise<void> {
    await this.#looked(name, signal);
    const content = generatedContent(servers, login, callerMarks(), callerMark(name));
    const sourced = { content, sinceMs: this.#options.clock.now() };
    await withHint(this.#keeper.ensure(this.#keeper.keep(name), sourced, signal), this.#options.resource.namespace);
  }

  /** Another one after each change of the secret; empty while it is not there. */
  versionOf(name: string): string {
    return this.#opened?.store.get(name)?.metadata.resourceVersion ?? '';
  }

  /**
   * Deletes secrets that no pod has any more. Call it now and then.
   *
   * @param used names in the `imagePullSecrets` of all pods that are there
   * @param isInCharge false: another replica deletes and renews them
   */
  async collect(used: ReadonlySet<string>, isInCharge: boolean, signal: AbortSignal): Promise<void> {
    this.#renewal.inUse(used, isInCharge);
    await unlessAborted(this.#open(), signal);
    await this.#collection.collect(used, isInCharge, signal);
    for (const name of this.#terms.keys()) if (!this.#keeper.kept.has(name)) this.#terms.delete(name);
  }

  close(): void {
    this.#closing.abort();
    this.#renewal.close();
    this.#keeper.close();
  }

  async #renew(name: string, image: ImageName, signal: AbortSignal): Promise<void> {
    const { lookup } = this.#options;
    await this.#looked(name, signal);
    if (!this.#renewal.isDue(name)) return;
    const found = (await lookup(image, signal)).find(({ scope }) => issuedName(this.#options.name, scope) === name);
    if (found === undefined) throw new RunnerError('PULL_SECRET', `there is no login for secret ${name} any more`);
    const kept = this.#keeper.kept.get(name) ?? this.#keeper.keep(name);
    const term = this.#note(name, found);
    try {
      await this.#keeper.sync(kept, this.#sourced(found, image, term), { signal, isNeeded: false });
    } catch (thrown) {
      this.#keeper.failed(kept, toRunnerError(thrown));
      throw thrown;
    }
  }

  #sourced(issued: IssuedLogin, image: ImageName, { obtainedAtMs }: Term): SourcedContent {
    const marks = issuedMarks(image, issued.expiresAtMs);
    return { content: generatedContent(issued.servers, issued.login, marks), sinceMs: obtainedAtMs };
  }

  /** A login counts from when it was first seen. */
  #note(name: string, { fingerprint, expiresAtMs }: IssuedLogin): Term {
    const known = this.#terms.get(name);
    const isSame = known?.fingerprint === fingerprint && known.expiresAtMs === expiresAtMs;
    const term = isSame ? known : { fingerprint, expiresAtMs, obtainedAtMs: this.#options.clock.now() };
    this.#terms.set(name, term);
    return term;
  }

  /** Of what the cluster has; where that is what we wrote, by our own memory, which knows of unchanged logins that live on. */
  #termOf(name: string): ReturnType<typeof termOf> {
    const there = termOf(this.#opened?.store.get(name));
    const own = this.#terms.get(name);
    return there && own && own.obtainedAtMs >= there.obtainedAtMs ? { ...there, ...own } : there;
  }

  async #looked(name: string, signal: AbortSignal): Promise<void> {
    const opened = await unlessAborted(this.#open(), signal);
    await withHint(opened.look(name, signal), this.#options.resource.namespace);
  }

  async #open(): Promise<GeneratedStore> {
    this.#opening ??= this.#openOnce().catch((thrown: unknown) => {
      this.#opening = undefined;
      throw thrown;
    });
    return this.#opening;
  }

  async #openOnce(): Promise<GeneratedStore> {
    this.#opened = await openGeneratedStore(this.#options, this.#closing.signal);
    return this.#opened;
  }
}

/** One of many secrets does not end the store of all. */
function ofMany(opened: GeneratedStore, secret: string): Store<SecretObject> {
  const { store } = opened;
  return {
    start: async () => store.start(),
    get: (name) => store.get(name),
    list: () => store.list(),
    subscribe: () => () => undefined,
    accept: (object) => {
      store.accept(object);
    },
    close: () => {
      opened.forget(secret);
    },
  };
}
