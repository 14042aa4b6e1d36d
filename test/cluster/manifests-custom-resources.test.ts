import { expect } from 'chai';
import { startCluster } from '../support/cluster/cluster.ts';
import type { Cluster } from '../support/cluster/cluster.ts';
import { jsonAt } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';

const path = '/apis/config.porch.kpt.dev/v1alpha1/namespaces/porch-fn-system';

/** Every field that Porch's definition has. */
const whole = {
  image: 'set-namespace',
  prefixes: ['', 'registry.example.com/functions'],
  podExecutor: {
    tags: ['v0.4.1'],
    timeToLive: '1h30m',
    maxParallelExecutions: 3,
    preferredMaxQueueLength: 2,
    templateOverrides: {
      serviceAccountName: 'function',
      securityContext: { runAsNonRoot: true, sysctls: [{ name: 'net.core.somaxconn', value: '1' }] },
      initContainer: { resources: { requests: { cpu: '10m' } } },
      container: {
        env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'a', key: 'b', optional: true } } }],
        envFrom: [{ prefix: 'P_', configMapRef: { name: 'c' } }],
        resources: { limits: { memory: '1Gi' } },
      },
    },
  },
  binaryExecutor: { tags: ['v0.4.0'], path: 'set-namespace' },
  goExecutor: { id: 'set-namespace', tags: ['v0.4'] },
};

const refusals: readonly (readonly [what: string, spec: unknown, said: string])[] = [
  ['without any executor', { image: 'a' }, 'one of podExecutor, binaryExecutor and goExecutor is needed'],
  ['without an image', { podExecutor: {} }, 'spec.image: Required value'],
  ['with an empty image', { image: '', podExecutor: {} }, 'spec.image'],
  ['with a time to live that is no duration', { image: 'a', podExecutor: { timeToLive: 'soon' } }, 'timeToLive'],
  ['with an executable without tags', { image: 'a', binaryExecutor: { path: 'a' } }, 'binaryExecutor.tags'],
  ['with an executable without a path', { image: 'a', binaryExecutor: { tags: ['v1'], path: '' } }, 'path'],
  [
    'with a variable without a name',
    { image: 'a', podExecutor: { templateOverrides: { container: { env: [{ value: 'x' }] } } } },
    'env[0].name',
  ],
];

describe('the custom resources of manifests/pods', function () {
  requires('cluster');
  this.timeout(120_000);
  let cluster: Cluster;

  before(async () => {
    cluster = await startCluster();
    await cluster.createNamespace('porch-fn-system');
    await cluster.kubectl(['apply', '-f', 'manifests/pods/crds']);
    const established = ['wait', '--for=condition=Established', '--timeout=30s', '-f', 'manifests/pods/crds'];
    expect((await cluster.kubectl(established)).exitCode).to.equal(0);
  });

  after(async () => cluster.stop());

  it('keep every field of a FunctionConfig', async () => {
    const created = await create('functionconfigs', { metadata: { name: 'whole' }, spec: whole });
    expect(jsonAt(created, 'spec')).to.deep.equal(whole);
  });

  it('keep our own field', async () => {
    const spec = { image: 'a', podExecutor: { timeToLive: '5m', readOnlyRootFilesystem: false } };
    const created = await create('functionconfigs', { metadata: { name: 'writable' }, spec });
    expect(jsonAt(created, 'spec')).to.deep.equal(spec);
  });

  it('fill in the time to live that Porch has', async () => {
    const created = await create('functionconfigs', {
      metadata: { name: 'default' },
      spec: { image: 'a', podExecutor: {} },
    });
    expect(jsonAt(created, 'spec', 'podExecutor', 'timeToLive')).to.equal('30m');
  });

  it('have a status of its own, which leaves the generation alone', async () => {
    await create('functionconfigs', { metadata: { name: 'status' }, spec: { image: 'a', podExecutor: {} } });
    const status = { functionRunnerObservedGeneration: 1, error: 'none of its own' };
    const patched = await cluster.admin.must('PATCH', `${path}/functionconfigs/status/status`, { status });
    expect(jsonAt(patched, 'status')).to.deep.equal(status);
    expect(jsonAt(patched, 'metadata', 'generation')).to.equal(1);
  });

  for (const [what, spec, said] of refusals) {
    it(`refuse a FunctionConfig ${what}`, async () => {
      const answer = await cluster.admin.request('POST', `${path}/functionconfigs`, {
        ...typed('functionconfigs'),
        metadata: { name: 'refused' },
        spec,
      });
      expect(answer.status).to.equal(422);
      expect(JSON.stringify(answer.body)).to.include(said);
    });
  }

  it('keep the template of a ServiceTemplate', async () => {
    const template = {
      metadata: { labels: { mesh: 'yes' } },
      spec: { type: 'ClusterIP', ports: [{ port: 9446, protocol: 'TCP', targetPort: 9446 }], selector: { a: 'b' } },
    };
    const created = await create('servicetemplates', { metadata: { name: 'base-service-template' }, template });
    expect(jsonAt(created, 'template')).to.deep.equal(template);
  });

  async function create(plural: 'functionconfigs' | 'servicetemplates', body: object): Promise<unknown> {
    return cluster.admin.must('POST', `${path}/${plural}`, { ...typed(plural), ...body });
  }
});

function typed(plural: 'functionconfigs' | 'servicetemplates'): object {
  return {
    apiVersion: 'config.porch.kpt.dev/v1alpha1',
    kind: plural === 'functionconfigs' ? 'FunctionConfig' : 'ServiceTemplate',
  };
}
