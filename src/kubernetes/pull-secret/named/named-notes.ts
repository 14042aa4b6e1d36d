import type { Log } from '../../../core/log.ts';
import type { Keyring } from '../../../credentials/keyring.ts';
import type { MissingCredentials } from '../../../credentials/missing-credentials.ts';
import type { SecretObject } from '../../secret-object.ts';
import type { ServiceAccount } from '../../service-account.ts';
import type { Observed } from './observed-objects.ts';
import type { ReadSecret } from './read-pull-secret.ts';

const maxTold = 1000;

type Useless = Exclude<Observed<SecretObject>, { kind: 'there' }> | Exclude<ReadSecret, { kind: 'keyring' }>;

const readers = 'manifests/components/named-pull-secrets has the rules';

/** What an operator is told of named pull secrets, each thing once for as long as it is so. */
export class NamedNotes {
  readonly #namespace: string;
  readonly #log: Log;
  readonly #told = new Map<string, string>();
  readonly #keyrings = new WeakSet<Keyring>();

  constructor(namespace: string, log: Log) {
    this.#namespace = namespace;
    this.#log = log;
  }

  good(name: string, keyring: Keyring): void {
    if (this.#told.delete(`secret ${name}`)) this.#log.info('pull secret counts now', { secret: name });
    if (this.#keyrings.has(keyring)) return;
    this.#keyrings.add(keyring);
    for (const warning of keyring.warnings) this.#log.warn('pull secret', { secret: name, warning });
  }

  /** Gives what is wrong, for the error of whoever needed it. */
  useless(name: string, why: Useless): MissingCredentials {
    const { problem, hint } = this.#explained(name, why);
    if (this.#isNews(`secret ${name}`, problem))
      this.#log.warn('pull secret left out', { secret: name, problem, hint });
    return { problem: `pull secret ${this.#namespace}/${name} ${problem}`, hint };
  }

  /** For the error of whoever may have needed a secret of the account. */
  accountProblems(name: string, account: Observed<ServiceAccount>): readonly MissingCredentials[] {
    const what = `the pull secrets of service account ${this.#namespace}/${name}`;
    switch (account.kind) {
      case 'unreadable':
        return [{ problem: `${what} are not known: the Role does not let it be read` }];
      case 'unknown':
        return [{ problem: `${what} are not known: ${account.error.message}` }];
      case 'there':
      case 'absent':
        return [];
    }
  }

  accountUnreadable(name: string): void {
    if (!this.#isNews(`account ${name}`, '')) return;
    this.#log.info('pull secrets of the service account are not known: the Role does not let it be read', {
      serviceAccount: name,
      namespace: this.#namespace,
    });
  }

  accountLost(name: string): void {
    if (!this.#isNews(`lost ${name}`, '')) return;
    this.#log.warn('function pods do not get the pull secrets of their service account', {
      serviceAccount: name,
      problem: `the API server adds them only to pods that name none, and get, list and watch of serviceaccounts ${name} in namespace ${this.#namespace} are not allowed`,
      hint: `Allow them in the Role (${readers}), or name the secrets by --pull-secrets.`,
    });
  }

  #explained(name: string, why: Useless): { readonly problem: string; readonly hint: string } {
    const namespace = this.#namespace;
    switch (why.kind) {
      case 'absent':
        return {
          problem: 'is not there',
          hint: `Make it: kubectl create secret docker-registry ${name} -n ${namespace} --docker-server=HOST --docker-username=USER --docker-password=PASSWORD`,
        };
      case 'unreadable':
        return {
          problem: 'may not be read: list and watch, or get, are not allowed',
          hint: `Nodes use it all the same. Allow list and watch of secrets ${name} in namespace ${namespace} in the Role: ${readers}.`,
        };
      case 'unknown':
        return { problem: `could not be read: ${why.error.message}`, hint: why.error.details.hint ?? '' };
      case 'useless':
        return why;
    }
  }

  #isNews(what: string, problem: string): boolean {
    if (this.#told.get(what) === problem) return false;
    if (this.#told.size >= maxTold) this.#told.clear();
    this.#told.set(what, problem);
    return true;
  }
}
