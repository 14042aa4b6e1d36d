import { createAuthority } from '../../../examples/registry/certificates.ts';
import { type Cluster, startCluster } from '../../support/cluster/cluster.ts';
import { type DockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts';
import { dockerConfigJson, type MountedSecret, mountSecret } from '../../support/mounted-secret.ts';
import { accessOf } from '../../support/node/node-api.ts';
import type { NodeRegistry } from '../../support/node/node-images.ts';
import { startNode, type TestNode } from '../../support/node/node.ts';
import type { RegistryAccess } from '../../support/skopeo.ts';
import { pushStageImages, wrapperName } from './stage-images.ts';
import { applyRole, type RoleName } from './stage-role.ts';

export const podNamespace = 'porch-fn-system';
export const runnerNamespace = 'porch-system';
export const runnerAccount = 'porch-fn-runner';
export const login = { name: 'robot$runner', password: 'a:b::c$"é' };
/** Valid at the registry too: what credentials are rotated to. */
export const nextLogin = { name: 'robot$next', password: 'rotated-2' };

/** What a platform team has: a cluster with a node, a guarded registry with a private CA, and the secrets to reach it. */
export interface Stage {
  readonly cluster: Cluster;
  readonly node: TestNode;
  readonly registry: DockerRegistry;
  readonly access: RegistryAccess;
  readonly auth: MountedSecret;
  readonly tls: MountedSecret;
  /** Kubeconfig of the service account that the Role is for. */
  readonly kubeconfig: string;
  /** Name of the service account's user, as in {@link Cluster.requests}. */
  readonly user: string;
  readonly wrapperImage: string;
  /** `registry/name`. */
  image(name: string): string;
  /** The flags of a Deployment that mounts both secrets. */
  readonly flags: readonly string[];
  stop(): Promise<void>;
}

/** What a group of tests on a stage needs: `requires(...stageNeeds)`. */
export const stageNeeds = ['cluster', 'docker-registry', 'skopeo', 'bubblewrap', 'htpasswd', 'go', 'root'] as const;
/** The first one of a machine builds programs. */
export const stageTimeoutMs = 600_000;

/**
 * @param components those of manifests/components whose Role counts too
 * @param others registries that the node reaches beside the guarded one, given its CA
 */
export async function startStage(
  role: RoleName,
  components: readonly string[] = [],
  others: readonly NodeRegistry[] | ((caPem: string) => readonly NodeRegistry[]) = [],
): Promise<Stage> {
  const parts: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    for (const part of parts.toReversed()) await part.stop();
  };
  const own = <T>(value: T, end: (value: T) => Promise<void>): T => {
    parts.push({ stop: async () => end(value) });
    return value;
  };
  try {
    const ca = await createAuthority({ name: 'Company CA' });
    const tlsKeys = await ca.issue({ ipAddresses: ['127.0.0.1'] });
    const users = { [login.name]: login.password, [nextLogin.name]: nextLogin.password };
    const registry = own(await startDockerRegistry({ tls: tlsKeys, users }), async (it) => it.stop());
    const access = { authority: registry.authority, caPem: ca.certificatePem, user: login };
    await pushStageImages(access);
    const logins = { [registry.authority]: `${login.name}:${login.password}` };
    const auth = own(await mountSecret({ '.dockerconfigjson': dockerConfigJson(logins) }), async (it) => it.remove());
    const tls = own(await mountSecret({ 'ca.crt': ca.certificatePem }), async (it) => it.remove());
    const cluster = own(await startCluster(), async (it) => it.stop());
    await applyRole(cluster, role, components);
    const kubeconfig = await cluster.kubeconfigFor(runnerNamespace, runnerAccount);
    const beside = typeof others === 'function' ? others(ca.certificatePem) : others;
    const registries = [{ authority: registry.authority, caPem: ca.certificatePem }, ...beside];
    const node = own(await stageNode(cluster, registries), async (it) => it.stop());
    return {
      cluster,
      node,
      registry,
      access,
      auth,
      tls,
      kubeconfig,
      user: `system:serviceaccount:${runnerNamespace}:${runnerAccount}`,
      wrapperImage: `${registry.authority}/${wrapperName}`,
      image: (name) => `${registry.authority}/${name}`,
      flags: [
        '--runtime=pod',
        `--kubeconfig=${kubeconfig}`,
        `--pod-namespace=${podNamespace}`,
        '--enable-private-registries',
        `--registry-auth-secret-path=${auth.file('.dockerconfigjson')}`,
        '--registry-auth-secret-name=registry-auth-secret',
        '--enable-private-registries-tls',
        `--tls-secret-path=${tls.path}`,
      ],
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A node that trusts the private CA and has no credentials of its own. */
async function stageNode(cluster: Cluster, registries: readonly NodeRegistry[]): Promise<TestNode> {
  return startNode({
    access: await accessOf(cluster.adminKubeconfig),
    namespace: podNamespace,
    registries,
    backOffMs: 1000,
  });
}
