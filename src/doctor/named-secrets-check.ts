import { readPullSecret } from '../kubernetes/pull-secret/named/read-pull-secret.ts';
import { secrets } from '../kubernetes/resources.ts';
import { serviceAccounts } from '../kubernetes/service-account.ts';
import type { Cluster } from '../wire-cluster.ts';
import type { Check } from './check.ts';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import type { Patient } from './patient.ts';
import { readOne } from './read-one.ts';
import { ok, problem, type Remark, skipped, warning } from './remark.ts';

/** The service accounts of function pods, and every pull secret that they, templates, FunctionConfigs or flags name. */
export function namedSecretsCheck({ options }: Patient, under: ClusterUnderTest): Check {
  const { podNamespace: namespace } = options;
  return {
    name: 'service account',
    timeoutMs: 30_000,
    run: async () => {
      const reached = await under.reached();
      if ('why' in reached) return [skipped('', reached.why)];
      const { cluster } = reached;
      const named = await under.named();
      const accounts = await Promise.all(named.accounts.map(async (name) => accountRemark(cluster, namespace, name)));
      const ofAccounts = accounts.flatMap(({ names }) => names);
      const names = [...new Set([...named.secrets, ...ofAccounts])];
      const ofSecrets = names.map(async (name) => secretRemark(cluster, namespace, name));
      return [...accounts.map(({ remark }) => remark), ...(await Promise.all(ofSecrets))];
    },
  };
}

async function accountRemark(
  cluster: Cluster,
  namespace: string,
  name: string,
): Promise<{ readonly remark: Remark; readonly names: readonly string[] }> {
  const seen = await readOne(cluster, serviceAccounts(namespace), name);
  const subject = `${namespace}/${name}`;
  switch (seen.kind) {
    case 'absent': {
      const fix = `kubectl create serviceaccount ${name} -n ${namespace}, or name another one by --function-service-account.`;
      return { remark: problem(subject, 'there is no such service account: no pod would be made', fix), names: [] };
    }
    case 'unreadable': {
      const why = 'it may not be read: its pull secrets are not used here, and nodes may not get them';
      const fix = `Allow list and watch of serviceaccounts ${name} in the Role in ${namespace}.`;
      return { remark: warning(subject, why, fix), names: [] };
    }
    case 'there': {
      const names = seen.object.imagePullSecrets;
      const why = names.length === 0 ? 'there; no pull secrets' : `there; pull secrets ${names.join(', ')}`;
      return { remark: ok(subject, why), names };
    }
  }
}

async function secretRemark(cluster: Cluster, namespace: string, name: string): Promise<Remark> {
  const subject = `pull secret ${namespace}/${name}`;
  const seen = await readOne(cluster, secrets(namespace), name);
  if (seen.kind === 'absent') {
    const command = `kubectl create secret docker-registry ${name} -n ${namespace} --docker-server=HOST --docker-username=USER --docker-password=PASSWORD`;
    return problem(subject, 'it is not there', command);
  }
  if (seen.kind === 'unreadable') {
    const fix = `Allow list and watch of secrets ${name} in the Role in ${namespace}.`;
    return warning(subject, 'it may not be read: nodes use it, but the service finds no image with it', fix);
  }
  const read = readPullSecret(seen.object);
  if (read.kind === 'useless') return problem(subject, read.problem, read.hint);
  const { keys, warnings } = read.keyring;
  const [caution] = warnings;
  if (caution !== undefined) return warning(subject, caution, 'Correct that entry.');
  return ok(
    subject,
    keys.length === 0
      ? 'it has no entry'
      : `for ${keys.map((key) => key.replace(/^pull secret .*?: /, '')).join(', ')}`,
  );
}
