import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { RunnerError } from '../../core/errors.ts';
import type { ClusterAccess } from '../cluster-access.ts';
import { Renewed } from './renewed.ts';
import { TokenFile } from './token-file.ts';

/** Where the kubelet mounts it. Kubernetes, "Accessing the API from within a Pod". */
const defaultFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

const rereadMs = 60_000;

/** Access by the service account of the pod that we run in; undefined outside of one. @throws {RunnerError} `CLUSTER_UNAVAILABLE` */
export async function inClusterAccess(
  environment: NodeJS.ProcessEnv,
  clock: Clock,
  folder = defaultFolder,
): Promise<ClusterAccess | undefined> {
  const host = environment['KUBERNETES_SERVICE_HOST'] ?? '';
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '';
  if (host === '' || port === '') return undefined;
  const ca = new Renewed(
    async () => ({ value: await readCa(join(folder, 'ca.crt')), renewAtMs: clock.now() + rereadMs }),
    clock,
  );
  await ca.current().catch(noAccount);
  const namespace = await readFile(join(folder, 'namespace'), 'utf8').catch(() => '');
  const token = new TokenFile(join(folder, 'token'), clock);
  return {
    server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
    get ca() {
      return ca.held;
    },
    skipTlsVerify: false,
    clientCertificate: undefined,
    namespace: namespace.trim() === '' ? 'default' : namespace.trim(),
    authorization: async () => {
      await ca.current();
      return token.authorization();
    },
    refused: () => {
      token.refused();
    },
  };
}

async function readCa(file: string): Promise<string> {
  const pem = await readFile(file, 'utf8');
  if (!pem.includes('-----END CERTIFICATE-----')) throw new Error(`${file} holds no certificate`);
  return pem;
}

function noAccount(cause: unknown): never {
  throw new RunnerError('CLUSTER_UNAVAILABLE', 'this pod has no service account token and CA', {
    cause,
    hint: 'Set automountServiceAccountToken: true for the runner, or give it a kubeconfig by --kubeconfig.',
  });
}
