import { expect } from 'chai';
import { startCluster } from '../support/cluster/cluster.ts';
import type { Cluster } from '../support/cluster/cluster.ts';
import { renderedManifests } from '../support/cluster/rendered-manifests.ts';
import { unusedGrants } from '../support/cluster/role-use.ts';
import { jsonAt } from '../support/json-at.ts';
import type { ProgramResult } from '../support/program.ts';
import { requires } from '../support/requires.ts';

interface Right {
  readonly verb: string;
  readonly resource: string;
  readonly group?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly subresource?: string;
}

const functionConfigs = { group: 'config.porch.kpt.dev', resource: 'functionconfigs' };

const leases = { group: 'coordination.k8s.io', resource: 'leases' };

const granted: readonly Right[] = [
  ...['get', 'list', 'watch', 'create', 'patch', 'delete'].map((verb) => ({ verb, resource: 'pods' })),
  ...['list', 'watch'].map((verb) => ({ verb, resource: 'podtemplates', name: 'base-pod-template' })),
  ...['list', 'watch', 'patch'].map((verb) => ({ verb, ...functionConfigs })),
  { verb: 'patch', ...functionConfigs, subresource: 'status' },
  ...['list', 'watch'].map((verb) => ({ verb, resource: 'serviceaccounts', name: 'default' })),
  ...['get', 'create', 'patch'].map((verb) => ({ verb, ...leases, name: 'krm-function-runner' })),
  ...['get', 'list', 'watch', 'create', 'patch'].map((verb) => ({
    verb,
    resource: 'secrets',
    name: 'registry-auth-secret',
  })),
];

const refused: readonly Right[] = [
  { verb: 'list', resource: 'secrets' },
  { verb: 'get', resource: 'secrets', name: 'another' },
  { verb: 'create', resource: 'secrets' },
  { verb: 'patch', resource: 'secrets', name: 'another' },
  { verb: 'update', resource: 'secrets', name: 'registry-auth-secret' },
  { verb: 'delete', resource: 'secrets', name: 'registry-auth-secret' },
  { verb: 'get', resource: 'secrets', name: 'registry-auth-secret', namespace: 'porch-system' },
  { verb: 'create', resource: 'pods', namespace: 'porch-system' },
  { verb: 'create', resource: 'pods', namespace: 'default' },
  { verb: 'create', resource: 'pods', subresource: 'exec' },
  { verb: 'create', resource: 'podtemplates' },
  { verb: 'get', resource: 'podtemplates', name: 'another' },
  { verb: 'delete', ...functionConfigs },
  { verb: 'create', ...leases },
  { verb: 'patch', ...leases, name: 'another' },
  { verb: 'patch', ...leases, name: 'krm-function-runner', namespace: 'porch-system' },
  { verb: 'delete', ...leases, name: 'krm-function-runner' },
  { verb: 'create', resource: 'services' },
  { verb: 'get', resource: 'configmaps', namespace: 'porch-system' },
  { verb: 'list', resource: 'serviceaccounts' },
  { verb: 'patch', resource: 'serviceaccounts', name: 'default' },
  { verb: 'create', resource: 'serviceaccounts', subresource: 'token' },
];

describe('the rights of the service under manifests/private-registries', function () {
  requires('cluster');
  this.timeout(120_000);
  let cluster: Cluster;

  before(async () => {
    cluster = await startCluster();
    const rendered = await cluster.kubectl(['kustomize', 'manifests/private-registries']);
    await cluster.apply(rendered.stdout);
  });

  after(async () => cluster.stop());

  for (const right of granted) {
    it(`include ${described(right)}`, async () => {
      expect(await allowed(right)).to.equal(true);
    });
  }

  for (const right of refused) {
    it(`do not include ${described(right)}`, async () => {
      expect(await allowed(right)).to.equal(false);
    });
  }

  it('are told apart from those that were used', async () => {
    const file = await cluster.kubeconfigFor('porch-system', 'porch-fn-runner');
    const asRunner = async (...args: readonly string[]): Promise<ProgramResult> =>
      cluster.kubectl([`--kubeconfig=${file}`, '-n', 'porch-fn-system', ...args]);
    await asRunner('get', 'pods');
    await asRunner('get', 'podtemplates', '--field-selector=metadata.name=base-pod-template');
    await asRunner('get', 'podtemplates');
    await asRunner('get', 'secret', 'another');
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'registry-auth-secret' } };
    const applied = await cluster.kubectl(
      [`--kubeconfig=${file}`, '-n', 'porch-fn-system', 'apply', '--server-side', '-f', '-'],
      JSON.stringify(secret),
    );
    expect(applied.exitCode, applied.stderr).to.equal(0);
    const objects = await renderedManifests('manifests/private-registries');
    const unused = unusedGrants(objects, await cluster.requests('system:serviceaccount:porch-system:porch-fn-runner'));
    expect(unused).to.include('watch pods in porch-fn-system');
    expect(unused).not.to.include('list pods in porch-fn-system');
    expect(unused).not.to.include('list podtemplates in porch-fn-system of the name base-pod-template');
    expect(unused).to.include('watch secrets in porch-fn-system of the name registry-auth-secret');
    expect(unused).not.to.include('create secrets in porch-fn-system of the name registry-auth-secret');
  });

  async function allowed(right: Right): Promise<unknown> {
    const resourceAttributes = { namespace: 'porch-fn-system', ...right };
    const review = await cluster.admin.must('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      spec: { user: 'system:serviceaccount:porch-system:porch-fn-runner', resourceAttributes },
    });
    return jsonAt(review, 'status', 'allowed');
  }
});

function described(right: Right): string {
  const resource = right.subresource === undefined ? right.resource : `${right.resource}/${right.subresource}`;
  const name = right.name === undefined ? '' : ` of the name ${right.name}`;
  return `${right.verb} ${resource}${name} in ${right.namespace ?? 'porch-fn-system'}`;
}
