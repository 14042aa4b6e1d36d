import { RunnerError } from '../../core/errors.ts';
import type { Api } from '../api.ts';
import { ApiError } from '../api-error.ts';
import { secrets } from '../resources.ts';
import { type ServiceAccount, serviceAccounts } from '../service-account.ts';
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

/**
 * Adds a pull secret to those of a service account. The API server joins the lists by name, so that two who link at once
 * lose nothing, and nothing that is there is replaced.
 *
 * @throws {RunnerError} `CLUSTER_*`, with the right that is missing as hint; `PULL_SECRET` for a secret that no node would read
 */
export async function linkPullSecret(
  api: Pick<Api, 'get' | 'patch'>,
  link: Link,
  signal: AbortSignal,
): Promise<LinkResult> {
  const { namespace, secret, serviceAccount } = link;
  const warnings = await checkSecret(api, link, signal);
  const resource = serviceAccounts(namespace);
  const found = await asked(api.get(resource, serviceAccount, signal), 'get', 'serviceaccounts', link);
  if (found === undefined) throw noServiceAccount(link);
  if (found.imagePullSecrets.includes(secret)) return resultOf(found, false, warnings);
  const body = { imagePullSecrets: [{ name: secret }] };
  const patched = api.patch(resource, serviceAccount, body, { type: 'strategic' }, signal);
  return resultOf(await asked(patched, 'patch', 'serviceaccounts', link), true, warnings);
}

function resultOf(account: ServiceAccount, changed: boolean, warnings: readonly string[]): LinkResult {
  return { changed, imagePullSecrets: account.imagePullSecrets, warnings };
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

async function asked<T>(work: Promise<T>, verb: string, resource: string, { namespace }: Link): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.status !== 403) throw thrown;
    const hint = `Linking needs the verbs get and patch on serviceaccounts in namespace ${namespace}; "${verb}" on ${resource} is missing. Run it as somebody who has them (--kubeconfig).`;
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
