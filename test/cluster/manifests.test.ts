import { expect } from 'chai';
import { rm } from 'node:fs/promises';
import { parseServiceFlags } from '../../src/config/options.ts';
import { startCluster } from '../support/cluster/cluster.ts';
import type { Cluster } from '../support/cluster/cluster.ts';
import { overlayOf } from '../support/cluster/overlay-of.ts';
import { manifestFolders, ofKind, renderedManifests } from '../support/cluster/rendered-manifests.ts';
import { jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';

const components = [
  'service-per-pod',
  'template-config-map',
  'pull-secret-per-registry',
  'generated-pull-secrets',
  'named-pull-secrets',
];

describe('the manifests, applied', function () {
  requires('cluster');
  this.timeout(120_000);
  let cluster: Cluster;

  before(async () => {
    cluster = await startCluster();
    await cluster.createNamespace('porch-system');
    await cluster.createNamespace('porch-fn-system');
  });

  after(async () => cluster.stop());

  for (const folder of manifestFolders) {
    it(`passes the API server without a warning: ${folder}`, async () => {
      const dryRun = await cluster.kubectl(['apply', '--dry-run=server', '-k', folder]);
      expect(dryRun.stderr).to.equal(annotationNotice(dryRun.stderr));
      expect(dryRun.exitCode).to.equal(0);
    });

    it(`is what the API server then has: ${folder}`, async () => {
      const applied = await cluster.kubectl(['apply', '-k', folder]);
      expect(applied.exitCode, applied.stderr).to.equal(0);
      const difference = await cluster.kubectl(['diff', '-k', folder]);
      expect(difference.stdout).to.equal('');
      expect(difference.exitCode, difference.stderr).to.equal(0);
    });
  }

  it('takes the components on top', async () => {
    const folder = await overlayOf('private-registries', components);
    try {
      const dryRun = await cluster.kubectl(['apply', '--dry-run=server', '-k', folder]);
      expect(dryRun.exitCode, dryRun.stderr).to.equal(0);
      const deployment = ofKind(await renderedManifests(folder), 'Deployment')[0];
      const args = jsonList(deployment, 'spec', 'template', 'spec', 'containers', 0, 'args').map(String);
      const { options, faults } = parseServiceFlags(args);
      expect(faults).to.deep.equal([]);
      expect(options.podAddress).to.equal('service');
      expect(options.functionPodTemplate).to.equal('function-pod-template');
      expect(options.pullSecretScope).to.equal('registry');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("takes the place of Porch's Role", async () => {
    await cluster.kubectl(['apply', '-f', 'test/support/cluster/porch-role.yaml']);
    await cluster.kubectl(['apply', '-k', 'manifests/pods']);
    const asRunner = '--as=system:serviceaccount:porch-system:porch-fn-runner';
    const may = await cluster.kubectl(['auth', 'can-i', 'delete', 'secrets', '-n', 'porch-fn-system', asRunner]);
    expect(may.stdout.trim()).to.equal('no');
  });
});

/** kubectl's own notice for namespaces that were not made by `kubectl apply`; anything else is a finding. */
function annotationNotice(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => line === '' || line.includes('is missing the kubectl.kubernetes.io/last-applied-configuration'))
    .join('\n');
}
