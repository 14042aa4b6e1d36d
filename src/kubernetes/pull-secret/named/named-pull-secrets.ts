import type { Log } from '../../../core/log.ts';
import type { FoundKeyrings, ImageName, KeyringSource } from '../../../credentials/credential-source.ts';
import type { Keyring } from '../../../credentials/keyring.ts';
import type { MissingCredentials } from '../../../credentials/missing-credentials.ts';
import type { SecretObject } from '../../secret-object.ts';
import type { ServiceAccount } from '../../service-account.ts';
import { NamedNotes } from './named-notes.ts';
import type { Observed, ObservedObjects } from './observed-objects.ts';
import { readPullSecret } from './read-pull-secret.ts';

/** Pull secrets that something in the cluster or on the command line names for an image. */
export interface NamedFor {
  /** Of the pod template: pods have them already. */
  readonly template: readonly string[];
  /** Of the function, then of every function. */
  readonly own: readonly string[];
  /** Whose pods are to have its pull secrets too. */
  readonly serviceAccount: string;
}

export interface NamedPullSecretsOptions {
  readonly namespace: string;
  readonly secrets: ObservedObjects<SecretObject>;
  readonly accounts: ObservedObjects<ServiceAccount>;
  /** Asks nobody. */
  readonly names: {
    for(image: ImageName): NamedFor;
    /** For images that are not known yet, and for all that are named by a FunctionConfig. */
    all(): readonly NamedFor[];
  };
  readonly log: Log;
}

/**
 * Pull secrets beside the function pods that others made: those that are named, and those of service accounts. Pods get
 * them, and images are looked up with what they hold now, as nodes do: an older content is never kept, since no node has it.
 */
export class NamedPullSecrets implements KeyringSource {
  readonly #options: NamedPullSecretsOptions;
  readonly #notes: NamedNotes;

  constructor(options: NamedPullSecretsOptions) {
    this.#options = options;
    this.#notes = new NamedNotes(options.namespace, options.log);
  }

  /** Opens all that is named, so that no call has to. What cannot be read now is tried again when it is needed. */
  async refresh(signal?: AbortSignal): Promise<void> {
    const all = this.#options.names.all();
    await Promise.all(all.map(async (named) => this.#found(named, signal)));
  }

  /** In the order that pods name them. */
  async keyringsFor(image: ImageName, signal: AbortSignal | undefined): Promise<FoundKeyrings> {
    return this.#found(this.#options.names.for(image.mirrorOf ?? image), signal);
  }

  /**
   * Names for a pod, to go after those of its template. The API server adds those of the service account to pods without
   * any only, so they are among them. Where the account may not be read and nothing is named, there are none, and it does.
   *
   * @throws RunnerError `CLUSTER_*` when the service account could not be read yet
   */
  async namesFor(image: ImageName, serviceAccount: string): Promise<readonly string[]> {
    const { own } = this.#options.names.for(image);
    const account = await this.#options.accounts.look(serviceAccount);
    if (account.kind === 'unknown') throw account.error;
    return [...new Set([...own, ...this.#secretsOf(serviceAccount, account)])];
  }

  /**
   * Tells once which secrets a pod loses because it names others, where the account may not be read.
   *
   * @param given names that the pod is given beside those of its template
   */
  async noteLost(image: ImageName, serviceAccount: string, given: readonly string[]): Promise<void> {
    if (given.length === 0 && this.#options.names.for(image).template.length === 0) return;
    const account = await this.#options.accounts.look(serviceAccount);
    if (account.kind === 'unreadable') this.#notes.accountLost(serviceAccount);
  }

  /**
   * Lets go of what nobody names any more.
   *
   * @param used names in the `imagePullSecrets` of all pods that are there
   */
  async tidy(used: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    await this.refresh(signal);
    this.#options.secrets.tidy(used);
    this.#options.accounts.tidy(new Set());
  }

  close(): void {
    this.#options.secrets.close();
    this.#options.accounts.close();
  }

  async #found({ template, own, serviceAccount }: NamedFor, signal: AbortSignal | undefined): Promise<FoundKeyrings> {
    const { secrets, accounts } = this.#options;
    const account = await accounts.look(serviceAccount, signal);
    const ofAccount = this.#secretsOf(serviceAccount, account);
    const names = [...new Set([...template, ...own, ...ofAccount])];
    const seen = await Promise.all(names.map(async (name) => [name, await secrets.look(name, signal)] as const));
    const missing = [...this.#notes.accountProblems(serviceAccount, account)];
    const keyrings = seen.flatMap(([name, observed]) => {
      const { keyring, problem } = this.#read(name, observed);
      if (problem !== undefined) missing.push(problem);
      return keyring ?? [];
    });
    return { keyrings, missing };
  }

  #secretsOf(name: string, account: Observed<ServiceAccount>): readonly string[] {
    if (account.kind === 'unreadable') this.#notes.accountUnreadable(name);
    return account.kind === 'there' ? account.object.imagePullSecrets : [];
  }

  #read(
    name: string,
    observed: Observed<SecretObject>,
  ): { readonly keyring: Keyring | undefined; readonly problem?: MissingCredentials } {
    const read = observed.kind === 'there' ? readPullSecret(observed.object) : observed;
    if (read.kind === 'keyring') {
      this.#notes.good(name, read.keyring);
      return { keyring: read.keyring };
    }
    return { keyring: undefined, problem: this.#notes.useless(name, read) };
  }
}
