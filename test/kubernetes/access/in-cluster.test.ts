import { expect } from 'chai';
import { type ClusterAccess, loadClusterAccess } from '../../../src/kubernetes/cluster-access.ts';
import { MovableClock } from '../../registry/transport/movable-clock.ts';
import { AccessFolder } from './access-folder.ts';

const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

describe('Access by the service account of our pod', () => {
  let folder: AccessFolder;
  const clock = new MovableClock();
  const signal = AbortSignal.timeout(60_000);

  const load = async (host = '10.96.0.1'): Promise<ClusterAccess> =>
    loadClusterAccess({
      kubeconfig: '',
      environment: { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: '443' },
      clock,
      serviceAccountFolder: folder.path,
    });

  beforeEach(async () => {
    folder = await AccessFolder.make();
    await folder.file('ca.crt', pem);
    await folder.file('token', 'first');
    await folder.file('namespace', 'porch-system\n');
  });

  afterEach(async () => {
    await folder.remove();
  });

  it('takes server, CA, namespace and token', async () => {
    const access = await load();
    expect(access.server.href).to.equal('https://10.96.0.1/');
    expect(access).to.include({ ca: pem, namespace: 'porch-system', skipTlsVerify: false });
    expect((await access.authorization(signal))?.reveal().toString()).to.equal('Bearer first');
  });

  it('puts an IPv6 address into brackets', async () => {
    expect((await load('fd00::1')).server.href).to.equal('https://[fd00::1]/');
  });

  it('follows the token that the kubelet renews', async () => {
    const access = await load();
    await access.authorization(signal);
    await folder.file('token', 'second');
    clock.advance(61_000);
    expect((await access.authorization(signal))?.reveal().toString()).to.equal('Bearer second');
  });

  it('follows the CA that the cluster replaces, and keeps it while the file cannot be read', async () => {
    const access = await load();
    await folder.file('ca.crt', `${pem}${pem}`);
    clock.advance(61_000);
    await access.authorization(signal);
    expect(access.ca).to.equal(`${pem}${pem}`);
    await folder.file('ca.crt', 'half a cert');
    clock.advance(61_000);
    await access.authorization(signal);
    expect(access.ca).to.equal(`${pem}${pem}`);
  });

  it('says what to do when the pod has no token', async () => {
    await folder.remove();
    const thrown: unknown = await load().catch((error: unknown) => error);
    expect(thrown).to.include({ code: 'CLUSTER_UNAVAILABLE' });
    expect(thrown).to.have.nested.property('details.hint').that.includes('automountServiceAccountToken');
  });
});
