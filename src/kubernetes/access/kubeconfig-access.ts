import type { Clock } from '../../core/clock.ts';
import { RunnerError } from '../../core/errors.ts';
import type { ClusterAccess } from '../cluster-access.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { credentialOf, readCa } from './kubeconfig-credential.ts';
import { Renewed } from './renewed.ts';

const rereadMs = 60_000;

/** Access by the current context of these files. @throws {RunnerError} `CFG_OPTION` */
export async function kubeconfigAccess(
  files: readonly string[],
  environment: NodeJS.ProcessEnv,
  clock: Clock,
): Promise<ClusterAccess> {
  const config = await readKubeconfig(files);
  const { cluster, namespace, file } = config;
  const server = URL.parse(cluster.server);
  if (server === null || !['https:', 'http:'].includes(server.protocol)) {
    throw fault(file, 'has a cluster whose server is no https URL');
  }
  if (server.protocol === 'http:' && !isLoopback(server.hostname)) {
    throw fault(file, `has a cluster that is spoken to in plaintext (${server.host}), where credentials may not go`);
  }
  const proxy = cluster.proxyUrl === '' ? undefined : proxyOf(cluster.proxyUrl, file);
  const credential = await credentialOf(config, environment, clock);
  const ca = new Renewed(async () => ({ value: await readCa(config), renewAtMs: clock.now() + rereadMs }), clock);
  await ca.current();
  return {
    server,
    get ca() {
      return ca.held;
    },
    skipTlsVerify: cluster.skipTlsVerify,
    ...(cluster.tlsServerName !== '' && { tlsServerName: cluster.tlsServerName }),
    ...(proxy !== undefined && { proxy }),
    get clientCertificate() {
      return credential.clientCertificate;
    },
    namespace: namespace === '' ? 'default' : namespace,
    authorization: async (signal) => {
      await ca.current();
      return credential.authorization(signal);
    },
    refused: () => {
      credential.refused();
    },
  };
}

function proxyOf(text: string, file: string): URL {
  const proxy = URL.parse(text);
  if (proxy !== null && ['http:', 'https:'].includes(proxy.protocol)) return proxy;
  throw fault(file, 'has a proxy-url that is no http or https URL');
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function fault(file: string, problem: string): RunnerError {
  return new RunnerError('CFG_OPTION', `the kubeconfig ${file} ${problem}`, { file, hint: 'Correct the kubeconfig.' });
}
