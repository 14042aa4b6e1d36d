import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { Cluster } from '../../support/cluster/cluster.ts';
import { ofKind, renderedManifests } from '../../support/cluster/rendered-manifests.ts';

/** Whose Role the runner runs under: that of our manifests, or that of Porch's own deployment. */
export type RoleName = 'ours' | 'porch';

const ourKinds = ['Namespace', 'ServiceAccount', 'CustomResourceDefinition', 'Role', 'RoleBinding'];

/** Namespaces, service account, kinds and Role, as an administrator applies them before the runner starts. */
export async function applyRole(cluster: Cluster, role: RoleName, components: readonly string[] = []): Promise<void> {
  const objects = await renderedManifests('manifests/private-registries');
  const kinds = role === 'ours' ? ourKinds : ['CustomResourceDefinition'];
  for (const kind of kinds) {
    const documents = ofKind(objects, kind).map((object) => stringify(object));
    await cluster.apply(documents.join('---\n'));
  }
  for (const name of components) await cluster.apply(await readFile(`manifests/components/${name}/role.yaml`, 'utf8'));
  if (role === 'porch') await cluster.apply(await readFile('test/support/cluster/porch-role.yaml', 'utf8'));
}
