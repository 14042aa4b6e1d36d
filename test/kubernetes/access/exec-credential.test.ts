import { expect } from 'chai';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterAccess, loadClusterAccess } from '../../../src/kubernetes/cluster-access.ts';
import { MovableClock } from '../../registry/transport/movable-clock.ts';
import { AccessFolder } from './access-folder.ts';

const v1 = 'client.authentication.k8s.io/v1';

describe('Access by a credential program', () => {
  let folder: AccessFolder;
  let clock: MovableClock;
  const { signal } = new AbortController();

  /** The program answers with what is in the file `answer`, and counts its runs in `runs`. */
  const load = async (exec: object = {}): Promise<ClusterAccess> => {
    await folder.file(
      'login',
      `#!/bin/sh\ncd "$(dirname "$0")"\necho "$1 $EXTRA $KUBERNETES_EXEC_INFO" >> runs\ncat answer\n`,
      0o700,
    );
    const user = { exec: { apiVersion: v1, command: './login', args: ['arg'], ...exec } };
    const kubeconfig = await folder.kubeconfig({ user });
    return loadClusterAccess({ kubeconfig, environment: { PATH: process.env['PATH'] }, clock });
  };
  const answer = async (status: object): Promise<void> => {
    await folder.file('answer', JSON.stringify({ apiVersion: v1, kind: 'ExecCredential', status }));
  };
  const header = async (access: ClusterAccess): Promise<string | undefined> =>
    (await access.authorization(signal))?.reveal().toString();
  const runs = async (): Promise<readonly string[]> =>
    (await readFile(join(folder.path, 'runs'), 'utf8')).split('\n').filter(Boolean);

  beforeEach(async () => {
    folder = await AccessFolder.make();
    clock = new MovableClock();
  });

  afterEach(async () => {
    await folder.remove();
  });

  it('runs it with its arguments, its environment and what is expected of it', async () => {
    await answer({ token: 'first' });
    const access = await load({ env: [{ name: 'EXTRA', value: 'more' }], provideClusterInfo: true });
    expect(await header(access)).to.equal('Bearer first');
    const [run = ''] = await runs();
    expect(run).to.match(/^arg more \{/);
    expect(JSON.parse(run.slice('arg more '.length))).to.deep.equal({
      apiVersion: v1,
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: 'https://cluster.example:6443' } },
    });
  });

  it('keeps what it said until 80 % of its life are over, and asks at once after a refusal', async () => {
    await answer({ token: 'first', expirationTimestamp: new Date(clock.now() + 100_000).toISOString() });
    const access = await load();
    expect(await header(access)).to.equal('Bearer first');
    await answer({ token: 'second' });
    clock.advance(75_000);
    expect(await header(access)).to.equal('Bearer first');
    clock.advance(10_000);
    expect(await header(access)).to.equal('Bearer second');
    access.refused?.();
    await header(access);
    expect(await runs()).to.have.length(3);
  });

  it('goes on with what it said while it hangs at its renewal', async () => {
    await answer({ token: 'first', expirationTimestamp: new Date(clock.now() + 100_000).toISOString() });
    const access = await load();
    await header(access);
    await folder.file('login', '#!/bin/sh\nexec sleep 20\n', 0o700);
    clock.advance(85_000);
    expect(await header(access)).to.equal('Bearer first');
  });

  it('is not run for every request while its renewal fails, or when its answer has expired already', async () => {
    await answer({ token: 'first', expirationTimestamp: new Date(clock.now() + 100_000).toISOString() });
    const access = await load();
    await header(access);
    clock.advance(85_000);
    await folder.file('answer', 'broken');
    for (let request = 0; request < 5; request += 1) expect(await header(access)).to.equal('Bearer first');
    expect(await runs()).to.have.length(2);
    await answer({ token: 'late', expirationTimestamp: new Date(clock.now() - 1000).toISOString() });
    clock.advance(11_000);
    for (let request = 0; request < 5; request += 1) expect(await header(access)).to.equal('Bearer late');
    expect(await runs()).to.have.length(3);
  });

  it('runs it once for all who wait', async () => {
    await answer({ token: 'first' });
    const access = await load();
    await Promise.all([header(access), header(access), header(access)]);
    expect(await runs()).to.have.length(1);
  });

  it('takes a certificate from it', async () => {
    await answer({ clientCertificateData: 'cert', clientKeyData: 'key' });
    const access = await load();
    expect(await header(access)).to.equal(undefined);
    expect(access.clientCertificate).to.deep.equal({ cert: 'cert', key: 'key' });
  });

  const broken: readonly (readonly [string, object, string, string])[] = [
    ['fails', {}, 'exit 3', 'exit code 3'],
    ['writes no JSON', {}, 'echo hidden-token', 'no ExecCredential'],
    ['gives no token', {}, 'echo \'{"status":{}}\'', 'no ExecCredential'],
    ['is not there', { command: './none' }, '', 'there is no such program'],
    ['is of an unknown version', { apiVersion: 'client.authentication.k8s.io/v9' }, '', 'apiVersion'],
  ];
  for (const [title, exec, script, expected] of broken) {
    it(`says so when it ${title}, without what it wrote`, async () => {
      await answer({ token: 'hidden-token' });
      const access = await load({ installHint: 'Install it.', ...exec });
      await folder.file('login', `#!/bin/sh\n${script}\n`, 0o700);
      const thrown: unknown = await header(access).catch((error: unknown) => error);
      expect(thrown)
        .to.include({ code: 'CLUSTER_UNAVAILABLE' })
        .and.have.nested.property('details.hint', 'Install it.');
      expect(String(thrown)).to.include(expected).and.not.include('hidden-token');
    });
  }
});
