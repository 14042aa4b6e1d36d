import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RunnerClient } from '../../../src/rpc/client.ts';
import { startDaemon } from '../../support/daemon.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { runnerAccount, runnerNamespace, type Stage } from './stage.ts';

export interface DeployedRunner {
  readonly client: RunnerClient;
  readonly logLines: readonly string[];
  /** SIGTERM. @returns the exit code */
  stop(): Promise<number>;
}

/** The container of a Deployment, as far as the node has a part in it. */
export interface DeployedContainer {
  readonly args: readonly string[];
  /** Folders by the path in the container, read-only there: below /var/tmp or /run. */
  readonly mounts: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Only what keeps tests of one machine apart. */
const ownPort = ['--port=0', '--bind-address=127.0.0.1'];

/** What the node mounts into the container: the service account, then pairs of folder and path up to `--`. */
const mountScript = `set -e
mount -t tmpfs none /run
mkdir -p /run/secrets/kubernetes.io/serviceaccount
mount --bind "$1" /run/secrets/kubernetes.io/serviceaccount
mount -t tmpfs none /var/tmp
shift
while [ "$1" != -- ]; do
  mkdir -p "$2"
  mount --bind "$1" "$2"
  mount -o remount,bind,ro "$2"
  shift 2
done
shift
exec "$@"`;

/** Runs our program as that container of the runner's Deployment: no kubeconfig and no flags of ours but a free port. */
export async function startDeployedRunner(stage: Stage, container: DeployedContainer): Promise<DeployedRunner> {
  const account = await mountedAccount(stage);
  const program = [process.execPath, resolve('src/main.ts'), ...container.args, ...ownPort];
  const mounts = Object.entries(container.mounts).flatMap(([path, folder]) => [folder, path]);
  const inNamespace = ['--mount', '--propagation', 'private', 'sh', '-c', mountScript, 'sh', account.path];
  const { hostname, port } = stage.cluster.server;
  const daemon = startDaemon('unshare', [...inNamespace, ...mounts, '--', ...program], {
    env: {
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      WRAPPER_SERVER_IMAGE: stage.wrapperImage,
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      ...container.env,
    },
  });
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
