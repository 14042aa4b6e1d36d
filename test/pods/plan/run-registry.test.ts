import { expect } from 'chai';
import type { JsonObject } from '../../../src/core/json.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { RunRegistries } from '../../../src/image/run-registries.ts';
import { objectAt } from '../../../src/kubernetes/object-meta.ts';
import type { PulledPod } from '../../../src/pods/plan/pod-pull-secrets.ts';
import type { PodPlan } from '../../../src/pods/pod-plan.ts';
import type { Resolution } from '../../../src/resolver/resolution.ts';
import { plannerWith } from './planner-with.ts';
import { resolutionOf, someDigest } from './resolution-of.ts';
import { containerOf, specOf } from './spec-of.ts';

const runs = RunRegistries.parse(['registry.fns.svc:5000=localhost:32000']);
const runAs = runs.toRun.bind(runs);
const here = 'registry.fns.svc:5000/team/fn:v1';
const there = 'localhost:32000/team/fn:v1';

/** As the resolver gives it, whichever address was asked for. */
const resolved = (image: string): Resolution =>
  resolutionOf(image, { reference: runs.toResolve(parseReference(image)) });

const imageOf = (plan: PodPlan): unknown => containerOf(specOf(plan), 'function')['image'];
const annotationsOf = (plan: PodPlan): JsonObject => objectAt(objectAt(plan.pod(0, ''), 'metadata'), 'annotations');

describe('pods of a registry that nodes reach under another address', () => {
  for (const image of [here, there]) {
    it(`name that address, asked for as ${image}`, async () => {
      const plan = await plannerWith({ runAs }).plan(resolved(image));
      expect(imageOf(plan)).to.equal(`localhost:32000/team/fn@${someDigest}`);
      expect(annotationsOf(plan)).to.include({
        'fn.kpt.dev/requested-image': image,
        'fn.kpt.dev/resolved-image': `registry.fns.svc:5000/team/fn@${someDigest}`,
        'fn.kpt.dev/run-image': `localhost:32000/team/fn@${someDigest}`,
      });
    });

    it(`name it with the tag where they are not pinned, asked for as ${image}`, async () => {
      const plan = await plannerWith({ runAs, settings: { pinImageDigest: false } }).plan(resolved(image));
      expect(imageOf(plan)).to.equal(there);
    });
  }

  it('are the same for either address', async () => {
    for (const pinImageDigest of [true, false]) {
      const planner = plannerWith({ runAs, settings: { pinImageDigest } });
      const [one, other] = [await planner.plan(resolved(here)), await planner.plan(resolved(there))];
      expect(one.key).to.equal(other.key);
      expect(one.repository).to.equal(other.repository);
    }
  });

  it('are pulled with credentials for the address of the nodes, and looked up with those for ours', async () => {
    const asked: PulledPod[] = [];
    const choose = async (pod: PulledPod): Promise<{ names: string[]; scopeKey: string; warnings: string[] }> => {
      asked.push(pod);
      return Promise.resolve({ names: [], scopeKey: '', warnings: [] });
    };
    await plannerWith({ runAs, pullSecrets: { choose, ensure: async () => Promise.resolve() } }).plan(resolved(there));
    expect(asked[0]?.reference.canonical).to.equal(here);
    expect(asked[0]?.images.map(({ canonical }) => canonical))
      .to.include(there)
      .and.not.include(here);
  });

  it('of other registries are as ever', async () => {
    const [named, plain] = [plannerWith({ runAs }), plannerWith()];
    const resolution = resolutionOf('r.example/fn:v1');
    const [one, other] = [await named.plan(resolution), await plain.plan(resolution)];
    expect(one.pod(0, '')).to.deep.equal(other.pod(0, ''));
    expect(annotationsOf(one)).not.to.have.property('fn.kpt.dev/run-image');
  });
});
