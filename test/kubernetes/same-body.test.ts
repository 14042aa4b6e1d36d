import { expect } from 'chai';
import { hasBody } from '../../src/kubernetes/request/same-body.ts';

const existing = {
  apiVersion: 'v1',
  metadata: { name: 'one', uid: 'u', resourceVersion: '5', labels: { app: 'a', added: 'by-another' } },
  spec: {
    restartPolicy: 'Always',
    containers: [
      { name: 'function', image: 'x', args: ['a'], resources: { requests: { cpu: '1' } } },
      { name: 'mesh' },
    ],
  },
};

const cases: readonly (readonly [string, object, boolean])[] = [
  ['the same', existing, true],
  ['less', { metadata: { name: 'one' } }, true],
  ['an older version', { metadata: { name: 'one', resourceVersion: '4' } }, true],
  [
    'a quantity in another form',
    { spec: { containers: [{ name: 'function', resources: { requests: { cpu: '1000m' } } }] } },
    true,
  ],
  [
    'empty values that are left out there',
    { spec: { hostname: '', hostNetwork: false, volumes: [], securityContext: {} } },
    true,
  ],
  ['a null that removes what is not there', { metadata: { annotations: null } }, true],
  ['another label', { metadata: { labels: { app: 'b' } } }, false],
  ['a null that removes what is there', { metadata: { labels: { app: null } } }, false],
  ['another image', { spec: { containers: [{ name: 'function', image: 'y' }] } }, false],
  ['one more argument', { spec: { containers: [{ name: 'function', args: ['a', 'b'] }] } }, false],
  ['something that is not there', { data: { key: 'value' } }, false],
  ['an object where there is text', { metadata: { name: { first: 'one' } } }, false],
];

describe('hasBody', () => {
  for (const [title, body, same] of cases) {
    it(`${same ? 'finds' : 'does not find'} ${title}`, () => {
      expect(hasBody(existing, { ...body })).to.equal(same);
    });
  }
});
