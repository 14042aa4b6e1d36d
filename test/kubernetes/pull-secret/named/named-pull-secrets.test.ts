import { expect } from 'chai';
import type { JsonObject } from '../../../../src/core/json.ts';
import type { ImageName } from '../../../../src/credentials/credential-source.ts';
import { Keyring } from '../../../../src/credentials/keyring.ts';
import { type NamedFor, NamedPullSecrets } from '../../../../src/kubernetes/pull-secret/named/named-pull-secrets.ts';
import { secrets } from '../../../../src/kubernetes/resources.ts';
import type { SecretObject } from '../../../../src/kubernetes/secret-object.ts';
import { type ServiceAccount, serviceAccounts } from '../../../../src/kubernetes/service-account.ts';
import { dockerConfigJson } from '../../../support/mounted-secret.ts';
import { refusal } from '../../memory-api.ts';
import { NotedLog } from '../../noted.ts';
import { SteppedClock } from '../../stepped-clock.ts';
import { ObservedDouble } from './named-double.ts';

const { signal } = new AbortController();
const image = { domain: 'r.example', path: 'team/fn', tag: 'v1' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const jsonType = 'kubernetes.io/dockerconfigjson';
const secretOf = (text: string, type = jsonType, key = '.dockerconfigjson'): JsonObject => ({
  type,
  data: { [key]: base64(text) },
});
const forRegistry = (user: string): JsonObject => secretOf(dockerConfigJson({ 'r.example': `${user}:canary` }));

describe('pull secrets that are named', () => {
  let ofSecrets: ObservedDouble<SecretObject>;
  let ofAccounts: ObservedDouble<ServiceAccount>;
  let log: NotedLog;
  let names: NamedFor;
  let named: NamedPullSecrets;
  let clock: SteppedClock;

  beforeEach(() => {
    clock = new SteppedClock(1_000_000);
    ofSecrets = new ObservedDouble(secrets('functions'), clock);
    ofAccounts = new ObservedDouble(serviceAccounts('functions'), clock);
    log = new NotedLog();
    names = { template: [], own: [], serviceAccount: 'default' };
    named = new NamedPullSecrets({
      namespace: 'functions',
      secrets: ofSecrets.objects,
      accounts: ofAccounts.objects,
      names: { for: () => names, all: () => [names] },
      log,
    });
    ofAccounts.put('default', { imagePullSecrets: [{ name: 'account' }] });
  });

  afterEach(() => {
    expect(log.lines.join('\n')).not.to.include('canary');
  });

  /** Keys that an image is looked up by, the most important one first. */
  const keys = async (): Promise<readonly string[]> => {
    const { keyrings } = await named.keyringsFor(image, undefined);
    return Keyring.lookupIn(keyrings, image).candidates.map(({ key }) => key);
  };
  const problems = async (): Promise<readonly string[]> => {
    const { missing } = await named.keyringsFor(image, undefined);
    return missing.map(({ problem }) => problem);
  };

  it("count in the order of a pod: the template's, the function's and everyone's, the account's", async () => {
    names = { template: ['of-template'], own: ['own', 'all', 'of-template'], serviceAccount: 'default' };
    for (const name of ['account', 'own', 'all', 'of-template']) ofSecrets.put(name, forRegistry(name));
    expect(await keys()).to.deep.equal(
      ['of-template', 'own', 'all', 'account'].map((name) => `pull secret ${name}: r.example`),
    );
    expect(await named.namesFor(image, 'default')).to.deep.equal(['own', 'all', 'of-template', 'account']);
  });

  it('are those of the account that the pod has, and none of an account that there is not', async () => {
    ofAccounts.put('builder', { imagePullSecrets: [{ name: 'one' }, {}, { name: 'two' }] });
    expect(await named.namesFor(image, 'builder')).to.deep.equal(['one', 'two']);
    expect(await named.namesFor(image, 'nobody')).to.deep.equal([]);
  });

  it('are those that the image itself names where a mirror is asked, but only what is for the mirror', async () => {
    const asked: ImageName[] = [];
    const ofMirror = { domain: 'mirror.example', path: image.path, mirrorOf: image };
    const byImage = new NamedPullSecrets({
      namespace: 'functions',
      secrets: ofSecrets.objects,
      accounts: ofAccounts.objects,
      names: {
        for: (each) => {
          asked.push(each);
          return names;
        },
        all: () => [],
      },
      log,
    });
    const logins = dockerConfigJson({ 'r.example': 'a:canary', 'mirror.example': 'b:canary' });
    ofSecrets.put('account', secretOf(logins));
    const { keyrings } = await byImage.keyringsFor(ofMirror, undefined);
    expect(asked).to.deep.equal([image]);
    const { candidates } = Keyring.lookupIn(keyrings, ofMirror);
    expect(candidates.map(({ key }) => key)).to.deep.equal(['pull secret account: mirror.example']);
  });

  it('are read in the older form, too', async () => {
    const auths = JSON.stringify({ 'r.example': { auth: base64('a:canary') } });
    ofSecrets.put('account', secretOf(auths, 'kubernetes.io/dockercfg', '.dockercfg'));
    expect(await keys()).to.deep.equal(['pull secret account: r.example']);
  });

  for (const [title, raw, problem, hint] of [
    ['is not there', undefined, /^pull secret functions\/account is not there$/, /kubectl create secret docker-reg/],
    [
      'is of another type',
      secretOf('{"auths":{}}', 'Opaque'),
      /is of type "Opaque", which nodes read no credentials from$/,
      /kubernetes\.io\/dockerconfigjson or kubernetes\.io\/dockercfg/,
    ],
    [
      'lacks its key',
      secretOf('{}', jsonType, 'config.json'),
      /has no key \.dockerconfigjson$/,
      /^Put the credentials/,
    ],
    ['is no JSON', secretOf('{"auths": canary'), /cannot be read: .*\.dockerconfigjson: /, /^Nodes pull no image/],
    ['has another shape', secretOf('{"auths":["canary"]}'), /auths is not an object$/, /^Nodes pull no image/],
  ] as const) {
    it(`are left out, once with a warning that says what to do, where one ${title}`, async () => {
      ofSecrets.put('account', raw);
      const { keyrings, missing } = await named.keyringsFor(image, undefined);
      expect(keyrings).to.deep.equal([]);
      expect(missing).to.have.length(1);
      expect(missing[0]?.problem).to.match(problem);
      expect(missing[0]?.hint).to.match(hint);
      await named.keyringsFor(image, undefined);
      expect(log.alarms).to.deep.equal(['warn pull secret left out']);
      expect(await named.namesFor(image, 'default'), 'nodes are given it all the same').to.deep.equal(['account']);
    });
  }

  it('are warned of once for what is odd in one', async () => {
    ofSecrets.put('account', secretOf(dockerConfigJson({ 'R.example': 'a:canary' })));
    await keys();
    await keys();
    expect(log.alarms).to.deep.equal(['warn pull secret']);
    expect(log.lines.join()).to.include('"secret":"account"').and.to.include('R.example');
  });

  it('keep nothing of what they held before', async () => {
    ofSecrets.put('account', forRegistry('one'));
    expect(await keys()).to.deep.equal(['pull secret account: r.example']);
    ofSecrets.put('account', secretOf('[]'));
    expect(await keys()).to.deep.equal(['anonymous']);
    ofSecrets.put('account', forRegistry('two'));
    expect(await keys()).to.deep.equal(['pull secret account: r.example']);
    expect(log.lines).to.include('info pull secret counts now {"secret":"account"}');
    ofSecrets.put('account', undefined);
    expect(await problems()).to.deep.equal(['pull secret functions/account is not there']);
    expect(log.alarms).to.have.length(2);
  });

  it('are left out where the Role lets nobody read them, which costs no request', async () => {
    ofSecrets.allowed = [];
    expect(await problems()).to.deep.equal([
      'pull secret functions/account may not be read: list and watch, or get, are not allowed',
    ]);
    expect(ofSecrets.opened).to.deep.equal([]);
    expect(log.lines.join()).to.include('manifests/components/named-pull-secrets');
  });

  it('are left out while the API server does not answer', async () => {
    ofSecrets.failure = refusal(503, 'ServiceUnavailable');
    expect((await problems())[0]).to.match(/^pull secret functions\/account could not be read: /);
  });

  describe('by an account that may not be read', () => {
    beforeEach(() => {
      ofAccounts.allowed = [];
    });

    it('are left to the API server, which is said once and alarms nobody', async () => {
      expect(await named.namesFor(image, 'default')).to.deep.equal([]);
      expect(await keys()).to.deep.equal(['anonymous']);
      expect(await problems()).to.deep.equal([
        'the pull secrets of service account functions/default are not known: the Role does not let it be read',
      ]);
      await named.noteLost(image, 'default', []);
      expect(log.lines).to.have.length(1);
      expect(log.lines[0]).to.match(/^info .*"serviceAccount":"default"/);
    });

    for (const [title, template, given] of [
      ['the template names one', ['of-template'], []],
      ['the pod is given one', [], ['auth-secret']],
    ] as const) {
      it(`are missed, once in the log, where ${title}`, async () => {
        names = { ...names, template };
        for (let call = 0; call < 2; call += 1) await named.noteLost(image, 'default', given);
        expect(log.alarms).to.deep.equal(['warn function pods do not get the pull secrets of their service account']);
        expect(log.lines.join()).to.include('serviceaccounts default in namespace functions are not allowed');
      });
    }
  });

  it('make no pod while it is not known which ones the account has', async () => {
    ofAccounts.failure = refusal(503, 'ServiceUnavailable');
    const outcome = await named.namesFor(image, 'default').catch((error: unknown) => String(error));
    expect(outcome).to.include('ServiceUnavailable');
    expect((await problems())[0]).to.match(
      /^the pull secrets of service account functions\/default are not known: the API/,
    );
  });

  it('are all opened beforehand, and kept open for as long as they are named', async () => {
    names = { template: ['of-template'], own: ['own'], serviceAccount: 'default' };
    await named.refresh();
    expect(ofSecrets.opened).to.have.members(['of-template', 'own', 'account']);
    expect(ofAccounts.opened).to.deep.equal(['default']);
    await clock.advance(11 * 60_000);
    await named.tidy(new Set(), signal);
    expect([...ofSecrets.closed, ...ofAccounts.closed]).to.deep.equal([]);
    names = { template: [], own: [], serviceAccount: 'builder' };
    await clock.advance(11 * 60_000);
    await named.tidy(new Set(['account', 'own']), signal);
    expect(ofSecrets.closed).to.deep.equal(['of-template']);
    expect(ofAccounts.closed).to.deep.equal(['default']);
    named.close();
    expect(ofSecrets.closed).to.have.members(['of-template', 'own', 'account']);
  });
});
