import { expect } from 'chai';
import { join } from 'node:path';
import { RunnerError } from '../../../src/core/errors.ts';
import { type ClusterAccess, loadClusterAccess } from '../../../src/kubernetes/cluster-access.ts';
import { MovableClock } from '../../registry/transport/movable-clock.ts';
import { AccessFolder, type KubeconfigParts } from './access-folder.ts';

const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('Access by a kubeconfig', () => {
  let folder: AccessFolder;
  const clock = new MovableClock();
  const { signal } = new AbortController();

  const load = async (kubeconfig: string, environment: NodeJS.ProcessEnv = {}): Promise<ClusterAccess> =>
    loadClusterAccess({ kubeconfig, environment, clock });
  const header = async (access: ClusterAccess): Promise<string | undefined> =>
    (await access.authorization(signal))?.reveal().toString();
  const failure = async (kubeconfig: string, environment?: NodeJS.ProcessEnv): Promise<RunnerError> => {
    const thrown: unknown = await load(kubeconfig, environment).catch((error: unknown) => error);
    if (thrown instanceof RunnerError) return thrown;
    throw new Error('it did not fail');
  };

  beforeEach(async () => {
    folder = await AccessFolder.make();
  });

  afterEach(async () => {
    await folder.remove();
  });

  it('takes server, CA, names and proxy of the current context', async () => {
    const cluster = {
      'certificate-authority-data': base64(pem),
      'tls-server-name': 'kubernetes',
      'proxy-url': 'http://proxy.example:3128',
    };
    const access = await load(await folder.kubeconfig({ cluster, namespace: 'porch-system' }));
    expect(access.server.href).to.equal('https://cluster.example:6443/');
    expect(access).to.include({
      ca: pem,
      skipTlsVerify: false,
      tlsServerName: 'kubernetes',
      namespace: 'porch-system',
    });
    expect(access.proxy?.host).to.equal('proxy.example:3128');
    expect(await header(access)).to.equal(undefined);
  });

  it('leaves the CA to the system and the namespace at default when it names none', async () => {
    const access = await load(await folder.kubeconfig({ cluster: { 'insecure-skip-tls-verify': true } }));
    expect(access).to.include({ ca: undefined, skipTlsVerify: true, namespace: 'default' });
  });

  it('finds files next to the kubeconfig', async () => {
    await folder.file('ca.pem', pem);
    await folder.file('cert.pem', `${pem}cert`);
    await folder.file('key.pem', `${pem}key`);
    const cluster = { 'certificate-authority': 'ca.pem' };
    const user = { 'client-certificate': 'cert.pem', 'client-key': './key.pem' };
    const access = await load(await folder.kubeconfig({ cluster, user }));
    expect(access.ca).to.equal(pem);
    await access.authorization(signal);
    expect(access.clientCertificate).to.deep.equal({ cert: `${pem}cert`, key: `${pem}key` });
  });

  const headers: readonly (readonly [string, object, string | undefined])[] = [
    ['a token', { token: 'abc' }, 'Bearer abc'],
    ['user name and password', { username: 'me', password: 'pass' }, `Basic ${base64('me:pass')}`],
    [
      'an auth-provider',
      { 'auth-provider': { name: 'gcp', config: { 'access-token': 'gcp-abc', expiry: '2999-01-01T00:00:00Z' } } },
      'Bearer gcp-abc',
    ],
    ['nothing', {}, undefined],
  ];
  for (const [title, user, expected] of headers) {
    it(`says who we are by ${title}`, async () => {
      expect(await header(await load(await folder.kubeconfig({ user })))).to.equal(expected);
    });
  }

  it('reads a token file anew every minute, and at once after a refusal', async () => {
    await folder.file('token', 'first\n');
    const access = await load(await folder.kubeconfig({ user: { tokenFile: 'token', token: 'older' } }));
    expect(await header(access)).to.equal('Bearer first');
    await folder.file('token', 'second');
    expect(await header(access)).to.equal('Bearer first');
    clock.advance(61_000);
    expect(await header(access)).to.equal('Bearer second');
    await folder.file('token', 'third');
    access.refused?.();
    expect(await header(access)).to.equal('Bearer third');
  });

  it('goes on with the last token while its file is broken, but not with one that was refused', async () => {
    await folder.file('token', 'first');
    const access = await load(await folder.kubeconfig({ user: { tokenFile: 'token' } }));
    expect(await header(access)).to.equal('Bearer first');
    await folder.file('token', '');
    clock.advance(61_000);
    expect(await header(access)).to.equal('Bearer first');
    access.refused?.();
    const thrown: unknown = await header(access).catch((error: unknown) => error);
    expect(thrown).to.include({ code: 'CLUSTER_UNAVAILABLE' });
    expect(String(thrown)).to.include(`${join(folder.path, 'token')} holds no token`);
  });

  it('merges the files of KUBECONFIG: the first to name a thing wins, missing ones are passed over', async () => {
    const first = await folder.file('first', 'current-context: here\nusers: [{name: me, user: {token: from-first}}]\n');
    const second = await folder.kubeconfig({ user: { token: 'from-second' } }, 'second');
    const access = await load('', { KUBECONFIG: [join(folder.path, 'none'), first, second].join(':') });
    expect(await header(access)).to.equal('Bearer from-first');
    expect(access.server.host).to.equal('cluster.example:6443');
  });

  it('takes the file that is named over KUBECONFIG', async () => {
    const named = await folder.kubeconfig({ user: { token: 'named' } }, 'named');
    expect(await header(await load(named, { KUBECONFIG: join(folder.path, 'none') }))).to.equal('Bearer named');
  });

  const broken: readonly (readonly [string, string, string])[] = [
    ['is no YAML', 'a: [', 'is not valid YAML, line 1'],
    ['is no object', '- a', 'is no kubeconfig'],
    ['is empty', '', 'is no kubeconfig'],
    ['names no current context', 'contexts: []', 'names no current-context'],
    ['lacks the current context', 'current-context: x', 'has no context x'],
    ['lacks the cluster', 'current-context: x\ncontexts: [{name: x, context: {cluster: y}}]', 'has no cluster y'],
    [
      'lacks the user',
      'current-context: x\ncontexts: [{name: x, context: {cluster: y, user: z}}]\nclusters: [{name: y, cluster: {server: "https://a"}}]',
      'has no user z',
    ],
    [
      'has a cluster without a server',
      'current-context: x\ncontexts: [{name: x, context: {cluster: y}}]\nclusters: [{name: y, cluster: {}}]',
      'clusters[0].cluster.server is missing',
    ],
  ];
  for (const [title, content, expected] of broken) {
    it(`says what is wrong with one that ${title}`, async () => {
      const path = await folder.file('config', content);
      const error = await failure(path);
      expect(error).to.include({ code: 'CFG_OPTION' });
      expect(error.message).to.include(`the kubeconfig ${path} `).and.include(expected);
    });
  }

  const refused: readonly (readonly [string, KubeconfigParts, string])[] = [
    ['a server that is no URL', { cluster: { server: 'cluster' } }, 'server is no https URL'],
    ['plaintext beyond this machine', { cluster: { server: 'http://cluster.example' } }, 'plaintext'],
    ['a proxy that is no URL', { cluster: { 'proxy-url': 'socks5://proxy' } }, 'proxy-url'],
    ['a CA that is no PEM', { cluster: { 'certificate-authority-data': base64('x') } }, 'no PEM'],
    ['a CA file that is not there', { cluster: { 'certificate-authority': 'none.pem' } }, 'cannot be read (ENOENT)'],
    ['a certificate without its key', { user: { 'client-certificate-data': base64(pem) } }, 'without its key'],
    ['impersonation', { user: { token: 'hidden-token', as: 'another' } }, 'acts as another user'],
  ];
  for (const [title, parts, expected] of refused) {
    it(`refuses ${title}`, async () => {
      const error = await failure(await folder.kubeconfig(parts));
      expect(error.message).to.include(expected);
      expect(error.message).to.not.include('hidden-token');
    });
  }

  it('says so when the file, or any access at all, is missing', async () => {
    expect((await failure(join(folder.path, 'none'))).message).to.include('none is not there');
    const error = await failure('');
    expect(error).to.include({ code: 'CLUSTER_UNAVAILABLE' });
    expect(error.details.hint).to.include('--kubeconfig or KUBECONFIG');
  });
});
