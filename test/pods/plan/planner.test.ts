import { expect } from 'chai';
import { toRunnerError, RunnerError } from '../../../src/core/errors.ts';
import type { ChosenSecrets, PulledPod } from '../../../src/pods/plan/pod-pull-secrets.ts';
import { objectAt } from '../../../src/kubernetes/object-meta.ts';
import type { FunctionPodConfig } from '../../../src/pods/plan/planner.ts';
import type { PodPlan } from '../../../src/pods/pod-plan.ts';
import { inlineVersion, plannerWith, serviceVersion, settings, userVersion } from './planner-with.ts';
import { porchTemplate } from './porch-template.ts';
import { resolutionOf, someDigest } from './resolution-of.ts';
import { specOf } from './spec-of.ts';

const { signal } = new AbortController();
const otherDigest = `sha256:${'12'.repeat(32)}`;

/** A pull secret that counts and remembers. */
class SecretDouble {
  readonly asked: (readonly string[])[] = [];
  readonly ensured: (readonly string[])[] = [];
  failure: Error | undefined;
  result: ChosenSecrets = { names: ['auth-secret'], scopeKey: '', warnings: [] };

  async choose({ images }: PulledPod): Promise<SecretDouble['result']> {
    this.asked.push(images.map(({ canonical }) => canonical));
    return Promise.resolve(this.result);
  }

  async ensure({ images }: PulledPod): Promise<void> {
    this.ensured.push(images.map(({ canonical }) => canonical));
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure);
  }
}

type Given = Parameters<typeof plannerWith>[0] & { readonly image?: string; readonly digest?: string };

async function keyOf({ image = 'r.example/fn:v1', digest = someDigest, ...given }: Given = {}): Promise<string> {
  return (await plannerWith(given).plan(resolutionOf(image, { digest }))).key;
}

const withServices: Given = { templates: { current: () => serviceVersion }, settings: { podAddress: 'service' } };
const withConfig = (pod: FunctionPodConfig['pod']): Given => ({ functionConfigs: { find: () => ({ pod }) } });
const withSecret = (scopeKey: string): Given => {
  const secret = new SecretDouble();
  secret.result = { ...secret.result, scopeKey };
  return { pullSecrets: secret };
};

const differing: readonly (readonly [what: string, given: Given])[] = [
  ['registry', { image: 'other.example/fn:v1' }],
  ['path', { image: 'r.example/team/fn:v1' }],
  ['digest', { digest: otherDigest }],
  ['template version', { templates: { current: () => ({ ...inlineVersion, version: 'next' }) } }],
  ['template', { templates: { current: () => userVersion(porchTemplate, 'inline') } }],
  ['overrides', withConfig({ overrides: { container: { env: [{ name: 'A', value: '1' }] } } })],
  ['root file system', withConfig({ readOnlyRoot: false })],
  ['wrapper image', { settings: { wrapperServerImage: 'registry.example/wrapper:v2' } }],
  ['message size', { settings: { maxRequestBodySize: 1024 } }],
  ['pull policy', { settings: { imagePullPolicy: 'Always' } }],
  ['pull policy of its own', withConfig({ imagePullPolicy: 'Never' })],
  ['service account', { settings: { serviceAccount: 'puller' } }],
  ['pinning', { settings: { pinImageDigest: false } }],
  ['having a Service', withServices],
  ['pull secret', withSecret('')],
];

const same: readonly (readonly [what: string, given: Given])[] = [
  ['tag', { image: 'r.example/fn:other' }],
  ['spelling', { image: `r.example/fn:v1@${someDigest}` }],
  ['time to live', withConfig({ ttlMs: 1 })],
  ['number of pods', withConfig({ maxPods: 9, maxWaitlist: 9 })],
];

describe('the plan of a function', () => {
  for (const [what, given] of differing) {
    it(`has another key for another ${what}`, async () => {
      expect(await keyOf(given)).not.to.equal(await keyOf());
    });
  }

  it('has another key for another credential scope', async () => {
    expect(await keyOf(withSecret('a'))).not.to.equal(await keyOf(withSecret('b')));
  });

  for (const [what, given] of same) {
    it(`has the same key for another ${what} of one digest`, async () => {
      expect(await keyOf(given)).to.equal(await keyOf());
    });
  }

  it('takes limits from the FunctionConfig, else from the flags', async () => {
    const limits = ({ maxPods, maxWaitlist, ttlMs }: PodPlan): object => ({ maxPods, maxWaitlist, ttlMs });
    const plain = await plannerWith().plan(resolutionOf('fn:v1'));
    expect(limits(plain)).to.deep.equal({ maxPods: 1, maxWaitlist: 2, ttlMs: 1_800_000 });
    const given = withConfig({ maxPods: 4, maxWaitlist: 7, ttlMs: 60_000 });
    const configured = await plannerWith(given).plan(resolutionOf('fn:v1'));
    expect(limits(configured)).to.deep.equal({ maxPods: 4, maxWaitlist: 7, ttlMs: 60_000 });
  });

  it('takes a time to live that --pod-cache-config has now', async () => {
    let ttlMs = 1000;
    const planner = plannerWith({ ttlOf: () => ttlMs });
    const before = await planner.plan(resolutionOf('fn:v1'));
    ttlMs = 2000;
    const after = await planner.plan(resolutionOf('fn:v1'));
    expect([before.ttlMs, after.ttlMs]).to.deep.equal([1000, 2000]);
    expect(after.key).to.equal(before.key);
  });

  it('marks its pods, beside what the template says', async () => {
    const annotations = { 'fn.kpt.dev/repository': 'theirs', a: 'b' };
    const template = userVersion({ ...porchTemplate, metadata: { labels: { team: 'x' }, annotations } }, 'v7');
    const planner = plannerWith({ templates: { current: () => template } });
    const plan = await planner.plan(resolutionOf('fn:v1'));
    const pod = plan.pod(3, 'uid');
    const metadata = objectAt(pod, 'metadata');
    const name = metadata['name'];
    const repository = 'ghcr.io/kptdev/krm-functions-catalog/fn';
    expect(plan).to.include({ image: 'fn:v1', repository });
    expect(pod).to.include({ apiVersion: 'v1', kind: 'Pod' });
    expect(metadata).to.deep.equal({
      name,
      namespace: 'porch-fn-system',
      labels: {
        team: 'x',
        'fn.kpt.dev/image': name,
        'fn.kpt.dev/function-key': plan.key,
        'fn.kpt.dev/slot': '3',
        'app.kubernetes.io/managed-by': 'krm-function-runner',
      },
      annotations: {
        a: 'b',
        'fn.kpt.dev/requested-image': 'fn:v1',
        'fn.kpt.dev/resolved-image': `${repository}@${someDigest}`,
        'fn.kpt.dev/repository': repository,
        'fn.kpt.dev/template-version': 'v7',
        'fn.kpt.dev/ttl-ms': '1800000',
      },
    });
  });

  it('has a Service that selects the one pod, where pods get Services', async () => {
    const plain = await plannerWith().plan(resolutionOf('fn:v1'));
    expect(plain.service('pod')).to.equal(undefined);
    const planner = plannerWith(withServices);
    const plan = await planner.plan(resolutionOf('fn:v1'));
    const service = plan.service('pod-a') ?? {};
    expect(objectAt(service, 'metadata')).to.include({ name: 'pod-a', namespace: 'porch-fn-system' });
    expect(objectAt(service, 'spec')).to.deep.include({ selector: { 'fn.kpt.dev/image': 'pod-a' }, type: 'ClusterIP' });
  });

  it('names the pull secret once, after those of the template', async () => {
    for (const theirs of [[{ name: 'other' }], [{ name: 'auth-secret' }, { name: 'other' }]]) {
      const template = userVersion({ spec: { ...porchTemplate.spec, imagePullSecrets: theirs } });
      const planner = plannerWith({ templates: { current: () => template }, pullSecrets: new SecretDouble() });
      const { imagePullSecrets } = specOf(await planner.plan(resolutionOf('fn:v1')));
      const expected = theirs.length === 2 ? theirs : [...theirs, { name: 'auth-secret' }];
      expect(imagePullSecrets).to.deep.equal(expected);
    }
  });

  it('asks for a pull secret with every image of the pod', async () => {
    const { spec } = porchTemplate;
    const sidecars = [
      { name: 'proxy', image: 'mesh.example/proxy:v1' },
      { name: 'odd', image: 'No Image' },
    ];
    const init = { name: 'second', image: 'registry.example/wrapper:v1' };
    const template = userVersion({
      spec: { ...spec, initContainers: [...spec.initContainers, init], containers: [...spec.containers, ...sidecars] },
    });
    const pullSecret = new SecretDouble();
    const planner = plannerWith({ templates: { current: () => template }, pullSecrets: pullSecret });
    await planner.plan(resolutionOf('r.example/fn:v1'));
    expect(pullSecret.asked).to.deep.equal([
      ['r.example/fn:v1', 'registry.example/wrapper:v1', 'mesh.example/proxy:v1'],
    ]);
  });

  it('is the same object until something changes that it is made from', async () => {
    let template = inlineVersion;
    let config: FunctionPodConfig = { pod: { ttlMs: 1 } };
    const pullSecret = new SecretDouble();
    const planner = plannerWith({
      templates: { current: () => template },
      functionConfigs: { find: () => config },
      pullSecrets: pullSecret,
    });
    const plan = async (digest = someDigest): Promise<PodPlan> => planner.plan(resolutionOf('fn:v1', { digest }));
    const plans = [await plan(), await plan()];
    expect(plans[1]).to.equal(plans[0]);
    const changes = [
      () => (template = { ...inlineVersion, version: 'next' }),
      () => (config = { pod: { ttlMs: 2 } }),
      () => (pullSecret.result = { ...pullSecret.result, scopeKey: 'next' }),
    ];
    for (const change of changes) {
      const before = await plan();
      change();
      const after = await plan();
      expect(after, String(change)).not.to.equal(before);
      expect(await plan()).to.equal(after);
    }
    expect((await plan(otherDigest)).key).not.to.equal((await plan()).key);
  });

  it('is made while the pull secret cannot be written, for pods that run; the next pod is told why', async () => {
    const pullSecret = new SecretDouble();
    pullSecret.failure = new RunnerError('PULL_SECRET', 'not ours');
    const plan = await plannerWith({ pullSecrets: pullSecret }).plan(resolutionOf('r.example/fn:v1'));
    expect(plan.maxPods).to.equal(settings.maxPods);
    expect(pullSecret.ensured).to.deep.equal([]);
    expect(await plan.prepare(signal).catch(toRunnerError)).to.equal(pullSecret.failure);
    pullSecret.failure = undefined;
    await plan.prepare(signal);
    expect(pullSecret.ensured.at(-1)).to.deep.equal(pullSecret.asked.at(-1));
  });
});
