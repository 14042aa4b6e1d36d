import { expect } from 'chai';
import { bindToArchitectures, neededArchitectures } from '../../../src/pods/plan/architectures.ts';
import { userVersion } from './planner-with.ts';
import { porchTemplate } from './porch-template.ts';

import { jsonAt } from '../../support/json-at.ts';

const needed: readonly (readonly [platforms: readonly string[], architectures: readonly string[] | undefined])[] = [
  [['linux/amd64'], ['amd64']],
  [
    ['linux/arm64/v8', 'linux/amd64', 'unknown/unknown'],
    ['amd64', 'arm64'],
  ],
  [['linux/arm/v6', 'linux/arm/v7', 'windows/amd64'], ['arm']],
  [['linux/amd64', 'linux/arm/v7', 'linux/arm64', 'linux/ppc64le', 'linux/s390x', 'linux/386'], undefined],
  [[], undefined],
];

const rule = { key: 'kubernetes.io/arch', operator: 'In', values: ['arm64'] };
const theirs = { key: 'disk', operator: 'In', values: ['ssd'] };
const fields = [{ key: 'metadata.name', operator: 'In', values: ['n1'] }];

const bound: readonly (readonly [title: string, terms: readonly object[] | undefined, result: readonly object[]])[] = [
  ['there is no rule', undefined, [{ matchExpressions: [rule] }]],
  ['there are no alternatives', [], [{ matchExpressions: [rule] }]],
  [
    'there are two alternatives',
    [{ matchExpressions: [theirs] }, { matchFields: fields }],
    [{ matchExpressions: [theirs, rule] }, { matchFields: fields, matchExpressions: [rule] }],
  ],
  ['an alternative fits no node', [{}, { matchExpressions: [theirs] }], [{}, { matchExpressions: [theirs, rule] }]],
];

describe('node affinity for the architectures of an image', () => {
  for (const [platforms, architectures] of needed) {
    it(`is ${JSON.stringify(architectures) || 'not needed'} for ${JSON.stringify(platforms)}`, () => {
      expect(neededArchitectures(platforms)).to.deep.equal(architectures);
    });
  }

  for (const [title, terms, result] of bound) {
    it(`joins every alternative of the template where ${title}`, () => {
      const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } };
      const affinity = terms === undefined ? { podAffinity: { x: 1 } } : { podAffinity: { x: 1 }, nodeAffinity };
      const { spec } = userVersion({ spec: { ...porchTemplate.spec, affinity } }).template;
      const after = bindToArchitectures(spec, ['arm64']).affinity;
      const way = ['nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution', 'nodeSelectorTerms'];
      expect(jsonAt(after, ...way)).to.deep.equal(result);
      expect(jsonAt(after, 'podAffinity')).to.deep.equal({ x: 1 });
    });
  }
});
