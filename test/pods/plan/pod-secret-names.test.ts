import { expect } from 'chai';
import { RunnerError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { accountOf } from '../../../src/pods/plan/pod-account.ts';
import type { FunctionPodConfig } from '../../../src/pods/plan/planner.ts';
import { type PodSecrets, PodSecretNames } from '../../../src/pods/plan/pod-secret-names.ts';
import { inlineVersion, plannerWith, userVersion } from './planner-with.ts';
import { porchTemplate } from './porch-template.ts';
import { resolutionOf } from './resolution-of.ts';
import { specOf } from './spec-of.ts';

type Config = FunctionPodConfig & { readonly pod: { readonly pullSecrets?: readonly string[] } | undefined };

interface Given {
  readonly spec?: JsonObject;
  readonly config?: Config;
  readonly pullSecrets?: readonly string[];
  readonly serviceAccount?: string;
}

const withAccount = (serviceAccountName: string): Config => ({ pod: { overrides: { serviceAccountName } } });

function named({ spec = {}, config, pullSecrets = [], serviceAccount = '' }: Given): PodSecrets {
  const template = userVersion({ ...porchTemplate, spec: { ...porchTemplate.spec, ...spec } });
  const functionConfigs = { find: () => config, list: () => [] };
  return new PodSecretNames({
    templates: { current: () => template },
    functionConfigs,
    pullSecrets,
    serviceAccount,
  }).for('any');
}

/** The account that the pod itself gets. */
async function accountOfPod({ spec = {}, config, serviceAccount = '' }: Given): Promise<string> {
  const template = userVersion({ ...porchTemplate, spec: { ...porchTemplate.spec, ...spec } });
  const planner = plannerWith({
    templates: { current: () => template },
    functionConfigs: { find: () => config },
    settings: { serviceAccount },
  });
  return accountOf(specOf(await planner.plan(resolutionOf('r.example/fn:v1'))));
}

const accounts: readonly (readonly [title: string, given: Given, account: string])[] = [
  ['default where nothing names one', {}, 'default'],
  ["the template's", { spec: { serviceAccountName: 'templated' } }, 'templated'],
  ["the template's by its older name", { spec: { serviceAccount: 'older' } }, 'older'],
  ["the flag's over the template's", { spec: { serviceAccountName: 't' }, serviceAccount: 'flag' }, 'flag'],
  ["the flag's over the template's older name", { spec: { serviceAccount: 't' }, serviceAccount: 'flag' }, 'flag'],
  ["the FunctionConfig's over the flag's", { config: withAccount('own'), serviceAccount: 'flag' }, 'own'],
  ["the flag's where the FunctionConfig names none", { config: withAccount(''), serviceAccount: 'flag' }, 'flag'],
];

describe('the service account of a function pod', () => {
  for (const [title, given, account] of accounts) {
    it(`is ${title}, for the pod and for its pull secrets`, async () => {
      expect(named(given).serviceAccount).to.equal(account);
      expect(await accountOfPod(given)).to.equal(account);
    });
  }

  it('gets no token into the pod by being named on the command line', async () => {
    const planner = plannerWith({ settings: { serviceAccount: 'puller' } });
    const spec = specOf(await planner.plan(resolutionOf('r.example/fn:v1')));
    expect(spec).to.include({ serviceAccountName: 'puller', automountServiceAccountToken: false });
  });
});

describe('the pull secrets that are named for a function', () => {
  it("are the template's, then the FunctionConfig's, then everyone's, each once", () => {
    const given = {
      spec: { imagePullSecrets: [{ name: 'templated' }, { name: 'second' }] },
      config: { pod: { pullSecrets: ['own', 'shared'] } },
      pullSecrets: ['shared', 'all'],
    };
    expect(named(given)).to.deep.include({ template: ['templated', 'second'], own: ['own', 'shared', 'all'] });
  });

  it('are known for every FunctionConfig, and for functions without one', () => {
    const configs = [{ pod: { pullSecrets: ['one'] } }, withAccount('own'), { pod: undefined }];
    const names = new PodSecretNames({
      templates: { current: () => inlineVersion },
      functionConfigs: { find: () => undefined, list: () => configs },
      pullSecrets: ['all'],
      serviceAccount: '',
    });
    expect(names.all()).to.deep.equal([
      { template: [], own: ['all'], serviceAccount: 'default' },
      { template: [], own: ['one', 'all'], serviceAccount: 'default' },
      { template: [], own: ['all'], serviceAccount: 'own' },
      { template: [], own: ['all'], serviceAccount: 'default' },
    ]);
  });

  it('are told where the template is malformed: the image may be asked about', () => {
    const names = new PodSecretNames({
      templates: {
        current: () => {
          throw new RunnerError('POD_TEMPLATE', 'malformed');
        },
      },
      functionConfigs: { find: () => undefined, list: () => [] },
      pullSecrets: ['all'],
      serviceAccount: '',
    });
    expect(names.for('any')).to.deep.equal({ template: [], own: ['all'], serviceAccount: 'default' });
  });
});
