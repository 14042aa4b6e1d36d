import { expect } from 'chai';
import {
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  nat,
  oneof,
  pre,
  stringMatching,
  tuple,
  uuid,
} from 'fast-check';
import { podName } from '../../../src/pods/plan/pod-name.ts';
import { podMarks } from '../../../src/pods/pod-marks.ts';
import { objectAt, textAt } from '../../../src/kubernetes/object-meta.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { plannerWith } from './planner-with.ts';
import { defaultImagePrefix, resolutionOf, someDigest } from './resolution-of.ts';

const serviceName = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const key = '0123456789abcdef';

const component = stringMatching(/^[a-z0-9]{1,24}((\.|_|__|-{1,4})[a-z0-9]{1,24}){0,3}$/);
const tag = stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/);
const host = constantFrom('', 'registry.example/', 'localhost:5000/', '10.0.0.1:5000/', '[::1]:5000/');
const target = oneof(
  constant(''),
  tag.map((text) => `:${text}`),
  constant(`@${someDigest}`),
  tag.map((text) => `:${text}@${someDigest}`),
);
const image = tuple(host, array(component, { minLength: 1, maxLength: 4 }), target).map(
  ([before, path, after]) => `${before}${path.join('/')}${after}`,
);

const examples: readonly (readonly [path: string, start: string])[] = [
  ['kptdev/krm-functions-catalog/set-namespace', 'set-namespace-'],
  ['a/gcr_style.name__x', 'gcr-style-name-x-'],
  ['a/3scale', 'fn-3scale-'],
  ['a/0', 'fn-0-'],
  [`a/${'x'.repeat(200)}`, `${'x'.repeat(30)}-${key}`],
  [`a/${'x'.repeat(29)}-y`, `${'x'.repeat(29)}-${key}`],
];

describe('the name of a function pod', () => {
  for (const [path, start] of examples) {
    it(`starts with ${start} for ${path.slice(0, 40)}`, () => {
      const name = podName(path, key, 0, '');
      expect(name.startsWith(start), name).to.equal(true);
      expect(name).to.match(serviceName);
    });
  }

  it('stays a DNS label for slots of any size', () => {
    expect(podName(`a/${'x'.repeat(99)}`, key, Number.MAX_SAFE_INTEGER, 'uid')).to.match(serviceName);
  });

  it('differs by slot and by the last holder of the slot, and by nothing else', () => {
    const names = [
      podName('a', key, 0, ''),
      podName('a', key, 1, ''),
      podName('a', key, 0, 'u1'),
      podName('a', key, 0, 'u2'),
    ];
    expect(new Set(names).size).to.equal(4);
    expect(podName('a', key, 0, 'u1')).to.equal(names[2]);
  });

  it('is valid, and so are all labels, for every image reference', async () => {
    await assert(
      asyncProperty(image, nat({ max: 1000 }), uuid(), async (reference, slot, uid) => {
        pre(isReference(reference));
        const planner = plannerWith();
        const plan = await planner.plan(resolutionOf(reference));
        const metadata = objectAt(plan.pod(slot, uid), 'metadata');
        expect(textAt(metadata, 'name')).to.match(serviceName);
        const labels = objectAt(metadata, 'labels');
        expect(textAt(labels, podMarks.image)).to.equal(textAt(metadata, 'name'));
        for (const value of Object.values(labels)) expect(value).to.match(labelValue);
        expect(plan.key).to.match(/^[0-9a-f]{16}$/);
      }),
      { numRuns: 300 },
    );
  });

  it('differs for images of one name in different registries and paths', async () => {
    const names = ['a.example/x/fn:v1', 'b.example/x/fn:v1', 'a.example/y/fn:v1', 'a.example:5000/x/fn:v1', 'fn:v1'];
    const planner = plannerWith();
    const made = await Promise.all(
      names.map(async (name) => {
        const plan = await planner.plan(resolutionOf(name));
        return textAt(objectAt(plan.pod(0, ''), 'metadata'), 'name');
      }),
    );
    expect(new Set(made).size).to.equal(names.length);
  });
});

function isReference(text: string): boolean {
  try {
    return parseReference(text, { defaultImagePrefix }).path !== '';
  } catch {
    return false;
  }
}
