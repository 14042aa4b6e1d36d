import { rm } from 'node:fs/promises';
import { expect } from 'chai';
import { parseServiceFlags } from '../../src/config/options.ts';
import { type Cluster, startCluster } from '../support/cluster/cluster.ts';
import { overlayOf } from '../support/cluster/overlay-of.ts';
import { ofKind, renderedManifests } from '../support/cluster/rendered-manifests.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';

const mountPath = '/var/run/function-runner-tls';

describe('the components grpc-tls and grpc-client-certificates', function () {
  requires('cluster');
  this.timeout(120_000);
  let cluster: Cluster;
  let folder: string;
  let objects: readonly unknown[];
  let container: unknown;

  before(async () => {
    cluster = await startCluster();
    await cluster.createNamespace('porch-system');
    await cluster.createNamespace('porch-fn-system');
    folder = await overlayOf('pods', ['grpc-tls', 'grpc-client-certificates']);
    objects = await renderedManifests(folder);
    container = jsonAt(ofKind(objects, 'Deployment')[0], 'spec', 'template', 'spec', 'containers', 0);
  });

  after(async () => {
    await rm(folder, { recursive: true });
    await cluster.stop();
  });

  it('pass the API server', async () => {
    const dryRun = await cluster.kubectl(['apply', '--dry-run=server', '-k', folder]);
    expect(dryRun.exitCode, dryRun.stderr).to.equal(0);
  });

  it('name the files of the Secret that they mount, for the group of the pod alone', () => {
    const { options, faults } = parseServiceFlags(jsonList(container, 'args').map(String));
    expect(faults).to.deep.equal([]);
    expect(options.tlsCertFile).to.equal(`${mountPath}/tls.crt`);
    expect(options.tlsPrivateKeyFile).to.equal(`${mountPath}/tls.key`);
    expect(options.clientCaFile).to.equal(`${mountPath}/ca.crt`);
    expect(jsonList(container, 'volumeMounts')).to.deep.include({ name: 'grpc-tls', mountPath, readOnly: true });
    const pod = jsonAt(ofKind(objects, 'Deployment')[0], 'spec', 'template', 'spec');
    const secret = { secretName: 'function-runner-tls', defaultMode: 0o440 };
    expect(jsonList(pod, 'volumes')).to.deep.include({ name: 'grpc-tls', secret });
  });

  it('probe over HTTP, since the kubelet speaks no gRPC over TLS', () => {
    for (const probe of ['startupProbe', 'readinessProbe']) {
      expect(jsonAt(container, probe, 'grpc')).to.equal(undefined);
      expect(jsonAt(container, probe, 'httpGet')).to.deep.equal({ path: '/healthz', port: 'metrics' });
    }
  });

  it('tell meshes and ingresses that the Service speaks TLS', () => {
    const service = ofKind(objects, 'Service').find((each) => jsonAt(each, 'metadata', 'name') === 'function-runner');
    expect(jsonAt(service, 'spec', 'ports', 0, 'appProtocol')).to.equal('https');
  });
});
