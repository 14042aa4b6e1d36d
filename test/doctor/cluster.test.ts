import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { buildImage } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { type Registry, startRegistry } from '../../examples/registry/registry.ts';
import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { ApiClient } from '../../src/kubernetes/api-client.ts';
import { parseObject, secrets } from '../../src/kubernetes/resources.ts';
import { serviceAccounts } from '../../src/kubernetes/service-account.ts';
import { type ApiDouble, startApiDouble } from '../support/api-double/api-double.ts';
import { dockerConfigJson } from '../support/mounted-secret.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { doctor, type DoctorAnswer } from './doctor-command.ts';

const namespace = 'functions';
const login = { username: 'joe', password: 'a:b' };
const secretType = 'kubernetes.io/dockerconfigjson';

describe('doctor, of a cluster that a double plays', function () {
  this.timeout(30_000);
  let registry: Registry;
  let double: ApiDouble;
  let api: ApiClient;
  let folder: TempFolder;
  let signal: AbortSignal;
  let image: string;
  let config: string;
  const path = (name: string): string => join(folder.path, name);

  before(async () => {
    folder = await tempFolder('doctor-cluster');
    registry = await startRegistry({ users: { [login.username]: login.password } });
    for (const name of ['team/fn', 'wrapper'])
      await pushImage(registry.address, name, 'v1', await buildImage({ files: [], entrypoint: ['/fn'] }), {
        auth: login,
      });
    image = `${registry.address}/team/fn:v1`;
    config = dockerConfigJson({ [registry.address]: `${login.username}:${login.password}` });
    await writeFile(path('config.json'), config);
  });

  after(async () => {
    await registry.stop();
    await folder.remove();
  });

  beforeEach(async () => {
    signal = AbortSignal.timeout(60_000);
    double = await startApiDouble();
    api = new ApiClient({ access: double.access(), log: silentLog, counters: noCounters });
    await writeFile(path('kubeconfig'), kubeconfigFor(double.server));
  });

  afterEach(async () => {
    await api.close();
    await double.stop();
  });

  const look = async (...flags: readonly string[]): Promise<DoctorAnswer> =>
    doctor(
      [
        image,
        `--kubeconfig=${path('kubeconfig')}`,
        `--pod-namespace=${namespace}`,
        `--insecure-registries=${registry.address}`,
        ...flags,
      ],
      { WRAPPER_SERVER_IMAGE: `${registry.address}/wrapper:v1` },
    );
  const mounted = (): readonly string[] => [
    '--enable-private-registries',
    `--registry-auth-secret-path=${path('config.json')}`,
    '--registry-auth-secret-name=auth-secret',
  ];

  const furnish = async (...pullSecrets: readonly string[]): Promise<void> => {
    const spaces = { name: 'namespaces', group: '', namespace: '', path: '/api/v1/namespaces', parse: parseObject };
    await api.create(spaces, { metadata: { name: namespace } }, signal);
    await api.create(serviceAccounts(namespace), { metadata: { name: 'default' } }, signal);
    for (const name of pullSecrets) await putSecret(name, config);
  };
  const putSecret = async (name: string, text: string): Promise<void> => {
    const data = { '.dockerconfigjson': Buffer.from(text).toString('base64') };
    await api.create(secrets(namespace), { metadata: { name }, type: secretType, data }, signal);
  };

  it('finds nothing wrong where all is there, and creates nothing', async () => {
    await furnish('auth-secret', 'team');
    const { lines, exitCode } = await look(...mounted(), '--pull-secrets=team');
    expect(lines.filter((line) => line.startsWith('problem'))).to.deep.equal([]);
    expect(exitCode).to.equal(0);
    expect(lines).to.include(`ok pull secret: ${namespace}/auth-secret: somebody else's; it is taken over`);
    expect(lines.at(-1)).to.match(
      /^ok image: .*: the node would pull .*@sha256:\w+ with entry .* of (team|auth-secret)$/,
    );
    expect(await api.list(secrets(namespace), {}, signal))
      .to.have.property('items')
      .with.length(2);
    expect(double.requests.filter(({ verb }) => ['update', 'patch', 'delete'].includes(verb))).to.deep.equal([]);
  });

  it('says what is not there, and how to make it', async () => {
    const { lines, exitCode } = await look(...mounted(), '--pull-secrets=team');
    expect(exitCode).to.equal(1);
    const problems = lines.filter((line) => line.startsWith('problem ')).join('\n');
    expect(problems).to.include(`problem namespace: ${namespace}: there is no such namespace`);
    expect(problems).to.match(/pull secret functions\/team: it is not there -> kubectl create secret docker-registry/);
    expect(problems).to.include(`${namespace}/default: there is no such service account`);
  });

  it('says of a replica that differs, and of a node that would not be let in', async () => {
    await furnish();
    await putSecret('auth-secret', dockerConfigJson({ 'elsewhere.example': 'a:b' }));
    const { lines, text } = await look(...mounted());
    expect(lines.find((line) => line.includes('pull secret: ') && !line.startsWith('ok'))).to.match(/auth-secret/);
    expect(text).to.not.include(login.password);
  });
});

function kubeconfigFor(server: URL): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server: server.href } }],
    users: [{ name: 'c', user: { token: 'token-admin' } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
  });
}
