import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { RunnerClient } from '../../../src/rpc/client.ts';
import { porchTemplate } from '../../pods/plan/porch-template.ts';
import { startDaemon } from '../../support/daemon.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { podNamespace, runnerAccount, runnerNamespace, type Stage } from './stage.ts';

/** The arguments of Porch's Deployment: nephio-project/porch, deployments/porch/2-function-runner.yaml. */
const deploymentArguments = [
  '--config=/home/nonroot/config.yaml',
  '--functions=/home/nonroot/functions',
  '--pod-namespace=porch-fn-system',
  '--max-request-body-size=6291456',
  '--max-parallel-pods-per-function=2',
  '--max-waitlist-length=1',
  '--warm-up-pod-cache=true',
];
/** What the documentation of Porch adds for private registries. */
const privateRegistryArguments = [
  '--enable-private-registries=true',
  '--registry-auth-secret-path=/var/tmp/auth-secret/.dockerconfigjson',
  '--registry-auth-secret-name=auth-secret',
  '--enable-private-registries-tls=true',
  '--tls-secret-path=/var/tmp/tls-secret/',
];
/** Only what keeps tests of one machine apart. */
const ownPort = ['--port=0', '--bind-address=127.0.0.1'];

/** What the node mounts into the container, at the paths that the Deployment has: account, auth secret, TLS secret, in a mount namespace. */
const mounts = `set -e
mount -t tmpfs none /run
mkdir -p /run/secrets/kubernetes.io/serviceaccount
mount --bind "$1" /run/secrets/kubernetes.io/serviceaccount
mount -t tmpfs none /var/tmp
mkdir /var/tmp/auth-secret /var/tmp/tls-secret
mount --bind "$2" /var/tmp/auth-secret
mount --bind "$3" /var/tmp/tls-secret
shift 3
exec "$@"`;

/** What Porch's runner stores in the cluster when it starts for the first time, with another image of the in-pod server. */
export async function storePorchTemplates({ cluster, wrapperImage }: Stage): Promise<void> {
  const { metadata, spec } = porchTemplate;
  const initContainers = spec.initContainers.map((container) => ({ ...container, image: wrapperImage }));
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'PodTemplate',
      metadata: { name: 'base-pod-template', namespace: podNamespace },
      template: { metadata, spec: { ...spec, initContainers } },
    },
    {
      apiVersion: 'config.porch.kpt.dev/v1alpha1',
      kind: 'ServiceTemplate',
      metadata: { name: 'base-service-template', namespace: podNamespace },
      template: {
        spec: {
          ports: [{ port: 9446, protocol: 'TCP', targetPort: 9446 }],
          selector: { 'fn.kpt.dev/image': 'to-be-replaced' },
          type: 'ClusterIP',
        },
      },
    },
  ];
  await cluster.apply(objects.map((object) => stringify(object)).join('---\n'));
}

export interface DeployedRunner {
  readonly client: RunnerClient;
  readonly logLines: readonly string[];
  /** SIGTERM. @returns the exit code */
  stop(): Promise<number>;
}

/** The container of Porch's Deployment with our program in it: no kubeconfig and no flags of ours but `extra`. */
export async function startAsPorchDeploys(stage: Stage, extra: readonly string[] = []): Promise<DeployedRunner> {
  const account = await mountedAccount(stage);
  const program = [process.execPath, resolve('src/main.ts')];
  const flags = [...deploymentArguments, ...privateRegistryArguments, ...ownPort, ...extra];
  const inNamespace = ['--mount', '--propagation', 'private', 'sh', '-c', mounts, 'sh'];
  const { hostname, port } = stage.cluster.server;
  const daemon = startDaemon(
    'unshare',
    [...inNamespace, account.path, stage.auth.path, stage.tls.path, ...program, ...flags],
    {
      env: {
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
        WRAPPER_SERVER_IMAGE: stage.wrapperImage,
        OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      },
    },
  );
  const end = async (): Promise<number> => {
    // Five seconds are too few: so long it still takes calls.
    process.kill(daemon.pid, 'SIGTERM');
    const exitCode = await daemon.exited;
    await account.remove();
    return exitCode;
  };
  try {
    const line = await daemon.line(/"msg":"serving"/, 30_000);
    const client = new RunnerClient(/"address":"([^"]+)"/.exec(line)?.[1] ?? '');
    const stop = async (): Promise<number> => {
      client.close();
      return end();
    };
    return { client, logLines: daemon.stderrLines, stop };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The files of a service account as the kubelet mounts them. */
async function mountedAccount({ cluster }: Stage): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const folder = await tempFolder('service-account');
  await writeFile(join(folder.path, 'token'), await cluster.tokenFor(runnerNamespace, runnerAccount));
  await writeFile(join(folder.path, 'namespace'), runnerNamespace);
  await writeFile(join(folder.path, 'ca.crt'), await readFile(cluster.caFile));
  return { path: folder.path, remove: async () => folder.remove() };
}
