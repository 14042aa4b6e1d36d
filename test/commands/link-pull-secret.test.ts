import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { ApiClient } from '../../src/kubernetes/api-client.ts';
import { secrets } from '../../src/kubernetes/resources.ts';
import { serviceAccounts } from '../../src/kubernetes/service-account.ts';
import { type ApiDouble, startApiDouble } from '../support/api-double/api-double.ts';
import { functionRunner } from '../support/command-line.ts';
import type { ProgramResult } from '../support/program.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';

const namespace = 'functions';
const onAccounts = { apiGroups: [''], resources: ['serviceaccounts'] };

describe('link-pull-secret without a cluster of its own', () => {
  let double: ApiDouble;
  let api: ApiClient;
  let folder: TempFolder;
  let signal: AbortSignal;

  before(async () => {
    folder = await tempFolder('link-pull-secret');
  });

  after(async () => folder.remove());

  beforeEach(async () => {
    signal = AbortSignal.timeout(60_000);
    double = await startApiDouble();
    api = new ApiClient({ access: double.access(), log: silentLog, counters: noCounters });
    const account = { metadata: { name: 'default' }, imagePullSecrets: [{ name: 'old' }] };
    await api.create(serviceAccounts(namespace), account, signal);
    for (const [name, type] of [
      ['team', 'kubernetes.io/dockerconfigjson'],
      ['plain', 'Opaque'],
    ]) {
      const data = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };
      await api.create(secrets(namespace), { metadata: { name }, type, data }, signal);
    }
  });

  afterEach(async () => {
    await api.close();
    await double.stop();
  });

  /** Runs it as a user of the double. */
  const link = async (user: string, ...args: readonly string[]): Promise<ProgramResult> => {
    const file = join(folder.path, user);
    await writeFile(file, kubeconfigFor(double.server, user));
    return functionRunner(['link-pull-secret', ...args, '-n', namespace, `--kubeconfig=${file}`]);
  };
  const linked = async (): Promise<readonly string[]> =>
    (await api.get(serviceAccounts(namespace), 'default', signal))?.imagePullSecrets ?? [];

  it('adds to what is there, once', async () => {
    expect((await link('admin', 'team')).stdout).to.equal(
      `linked: team to service account default in ${namespace}\npull secrets now: old, team\n`,
    );
    expect((await link('admin', 'team')).stdout).to.match(/^already linked: team /);
    expect(await linked()).to.deep.equal(['old', 'team']);
  });

  it('looks again when somebody else was faster', async () => {
    const effect = { kind: 'status', code: 409, reason: 'Conflict' } as const;
    double.fault({ verb: 'patch', resource: 'serviceaccounts', times: 2, effect });
    expect((await link('admin', 'team', '--output=json')).exitCode).to.equal(0);
    expect(await linked()).to.deep.equal(['old', 'team']);
    expect(double.counts()['patch serviceaccounts']).to.equal(3);
  });

  for (const [what, user, args, text] of [
    ['a secret that is not there', 'admin', ['absent'], /no secret absent.*\n.*kubectl create secret docker-registry/],
    ['a secret that nodes do not read', 'admin', ['plain'], /of type "Opaque", which nodes read no credentials from/],
    ['an account that is not there', 'admin', ['team', '--service-account=none'], /no service account none/],
    ['a missing right', 'reader', ['team'], /"patch" is missing/],
  ] as const)
    it(`refuses ${what}, with what to do, and changes nothing`, async () => {
      double.addUser('reader', [{ verbs: ['get'], apiGroups: [''], resources: ['serviceaccounts', 'secrets'] }]);
      const { exitCode, stderr } = await link(user, ...args);
      expect(exitCode).to.equal(1);
      expect(stderr).to.match(text);
      expect(await linked()).to.deep.equal(['old']);
    });

  it('links with a warning where secrets may not be read', async () => {
    double.addUser('linker', [{ verbs: ['get', 'patch'], ...onAccounts }]);
    const { exitCode, stderr } = await link('linker', 'team');
    expect([exitCode, stderr]).to.deep.equal([0, stderr]);
    expect(stderr).to.include('not checked whether team is there');
    expect(await linked()).to.deep.equal(['old', 'team']);
  });
});

function kubeconfigFor(server: URL, user: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server: server.href } }],
    users: [{ name: 'c', user: { token: `token-${user}` } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
  });
}
