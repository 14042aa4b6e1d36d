import { type Clock, systemClock } from '../../core/clock.ts';
import { RunnerError } from '../../core/errors.ts';
import type { Api } from '../api.ts';
import { ApiError } from '../api-error.ts';
import { objectsAt } from '../object-meta.ts';
import { secrets } from '../resources.ts';
import { serviceAccounts } from '../service-account.ts';
import { pullSecretContent, pullSecretKeys } from './secret-types.ts';

export interface Link {
  readonly namespace: string;
  readonly secret: string;
  readonly serviceAccount: string;
}

export interface LinkResult {
  /** False when it was linked before, and nothing was written. */
  readonly changed: boolean;
  /** All pull secrets of the service account, this one among them. */
  readonly imagePullSecrets: readonly string[];
  readonly warnings: readonly string[];
}

/** Most times that others may come first, each time with a new look at what they have written. */
const maxTries = 20;
const backOffMs = 50;

/**
 * Adds a pull secret to those of a service account. The API server takes that list as a whole, so it is written only upon
 * the version that was read: of those who link at once one comes first, and the others look again.
 *
 * @throws {RunnerError} `CLUSTER_*`, with the right that is missing as hint; `PULL_SECRET` for a secret that no node would read
 */
export async function linkPullSecret(
  api: Pick<Api, 'get' | 'patch'>,
  link: Link,
  signal: AbortSignal,
  clock: Clock = systemClock,
): Promise<LinkResult> {
  const warnings = await checkSecret(api, link, signal);
  for (let tries = 1; ; tries += 1) {
    try {
      return { ...(await linkOnce(api, link, signal)), warnings };
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.status !== 409 || tries === maxTries) throw thrown;
      await clock.delay(backOffMs * (1 + Math.random()) * tries, signal);
    }
  }
}

async function linkOnce(
  api: Pick<Api, 'get' | 'patch'>,
  link: Link,
  signal: AbortSignal,
): Promise<Omit<LinkResult, 'warnings'>> {
  const { namespace, secret, serviceAccount } = link;
  const resource = serviceAccounts(namespace);
  const found = await asked(api.get(resource, serviceAccount, signal), 'get', link);
  if (found === undefined) throw noServiceAccount(link);
  if (found.imagePullSecrets.includes(secret)) return { changed: false, imagePullSecrets: found.imagePullSecrets };
  const imagePullSecrets = [...objectsAt(found.raw, 'imagePullSecrets'), { name: secret }];
  const body = { metadata: { resourceVersion: found.metadata.resourceVersion }, imagePullSecrets };
  const written = await asked(api.patch(resource, serviceAccount, body, { type: 'merge' }, signal), 'patch', link);
  return { changed: true, imagePullSecrets: written.imagePullSecrets };
}

/** Whoever may link need not be allowed to read secrets: then it is not known what the secret is. */
async function checkSecret(api: Pick<Api, 'get'>, link: Link, signal: AbortSignal): Promise<readonly string[]> {
  const { namespace, secret: name } = link;
  try {
    const secret = await api.get(secrets(namespace), name, signal);
    if (secret === undefined) throw noSecret(link);
    if (pullSecretContent(secret) === undefined) throw noPullSecret(link, secret.type);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.status !== 403) throw thrown;
    return [`not checked whether ${name} is there and is a pull secret: get secrets in ${namespace} is not allowed`];
  }
}

async function asked<T>(work: Promise<T>, verb: string, { namespace }: Link): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.status !== 403) throw thrown;
    const hint = `Linking needs the verbs get and patch on serviceaccounts in namespace ${namespace}; "${verb}" is missing. Run it as somebody who has them (--kubeconfig).`;
    throw new RunnerError(thrown.code, thrown.message, { ...thrown.details, hint });
  }
}

function noSecret({ namespace, secret }: Link): RunnerError {
  return new RunnerError('PULL_SECRET', `there is no secret ${secret} in namespace ${namespace}`, {
    hint: `Make it first: kubectl create secret docker-registry ${secret} -n ${namespace} --docker-server=HOST --docker-username=USER --docker-password=PASSWORD`,
  });
}

function noPullSecret({ namespace, secret }: Link, type: string): RunnerError {
  return new RunnerError(
    'PULL_SECRET',
    `the secret ${secret} in namespace ${namespace} is of type ${JSON.stringify(type)}, which nodes read no credentials from`,
    { hint: `Make one of type ${Object.keys(pullSecretKeys).join(' or ')}; the type of a secret cannot be changed.` },
  );
}

function noServiceAccount({ namespace, serviceAccount }: Link): RunnerError {
  return new RunnerError('CLUSTER_REFUSED', `there is no service account ${serviceAccount} in namespace ${namespace}`, {
    hint: `Make it (kubectl create serviceaccount ${serviceAccount} -n ${namespace}), or name another one by --service-account.`,
  });
}
