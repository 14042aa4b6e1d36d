import { ApiError } from '../kubernetes/api-error.ts';
import type { Resource } from '../kubernetes/api.ts';
import type { ApiObject } from '../kubernetes/object.ts';
import { objectAt, textAt } from '../kubernetes/object-meta.ts';
import { parseObject, pods } from '../kubernetes/resources.ts';
import type { Cluster } from '../wire-cluster.ts';
import type { Check } from './check.ts';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import type { Patient } from './patient.ts';
import { ok, problem, type Remark, skipped } from './remark.ts';

/** Whether the namespace of function pods is there. */
export function namespaceCheck({ options }: Patient, under: ClusterUnderTest): Check {
  const { podNamespace: name } = options;
  return {
    name: 'namespace',
    subject: name,
    timeoutMs: 15_000,
    run: async (signal) => {
      const reached = await under.reached();
      if ('why' in reached) return [skipped(name, reached.why)];
      return [await namespaceRemark(name, reached.cluster, signal)];
    },
  };
}

async function namespaceRemark(name: string, { api }: Cluster, signal: AbortSignal): Promise<Remark> {
  try {
    const found = await api.get(namespaces, name, signal);
    if (found === undefined) return absent(name);
    const isEnding = textAt(objectAt(found.raw, 'status'), 'phase') === 'Terminating';
    return isEnding
      ? problem(name, 'it is being deleted', 'Wait until it is gone, then make it anew.')
      : ok(name, 'there');
  } catch (thrown) {
    if (!(thrown instanceof ApiError) || thrown.status !== 403) throw thrown;
    return byCreation(name, { api }, signal);
  }
}

/** Namespaces may mostly not be read: a pod that is not created is refused in another way where there is none. */
async function byCreation(name: string, { api }: Pick<Cluster, 'api'>, signal: AbortSignal): Promise<Remark> {
  const spec = { containers: [{ name: 'function', image: 'registry.example/function-runner-doctor' }] };
  const metadata = { generateName: 'function-runner-doctor-' };
  try {
    await api.tryCreate(pods(name), { apiVersion: 'v1', kind: 'Pod', metadata, spec }, signal);
    return ok(name, 'there');
  } catch (thrown) {
    if (!(thrown instanceof ApiError)) throw thrown;
    if (thrown.status === 404) return absent(name);
    if (thrown.status === 403 && thrown.message.includes(' cannot ')) {
      return skipped(name, 'cannot tell: neither may it be read nor may pods be created in it', 'See rights above.');
    }
    if (thrown.status >= 400 && thrown.status < 500) return ok(name, 'there');
    throw thrown;
  }
}

function absent(name: string): Remark {
  return problem(
    name,
    'there is no such namespace',
    `kubectl create namespace ${name}, or name another by --pod-namespace.`,
  );
}

const namespaces: Resource<ApiObject> = {
  name: 'namespaces',
  group: '',
  namespace: '',
  path: '/api/v1/namespaces',
  parse: parseObject,
};
