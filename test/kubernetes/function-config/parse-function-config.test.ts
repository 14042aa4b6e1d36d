import { expect } from 'chai';

import type { JsonObject } from '../../../src/core/json.ts';
import type { FunctionConfig } from '../../../src/kubernetes/function-config/function-config.ts';
import { parseFunctionConfig } from '../../../src/kubernetes/function-config/parse-function-config.ts';
import { rawConfig, resource, rules } from './config-double.ts';

const parse = (spec: JsonObject, annotations: JsonObject = {}): FunctionConfig =>
  parseFunctionConfig(resource.parse(rawConfig(spec, { annotations })), rules);

const malformed: Readonly<Record<string, readonly [spec: JsonObject, problem: RegExp]>> = {
  'no image': [{ podExecutor: {} }, /^spec\.image is missing$/],
  'an image with a tag': [{ image: 'fn:v1', podExecutor: {} }, /^spec\.image has a tag or digest/],
  'an image in capitals': [{ image: 'Fn', podExecutor: {} }, /^spec\.image makes no image name: .*Fn/],
  'a prefix that is none': [
    { image: 'fn', prefixes: ['a..b//'], podExecutor: {} },
    /^spec\.prefixes makes no image name/,
  ],
  'a prefix that is no text': [{ image: 'fn', prefixes: [1] }, /^spec\.prefixes holds what is not a text$/],
  'prefixes that are no list': [{ image: 'fn', prefixes: 'a' }, /^spec\.prefixes is not a list$/],
  'an executor that is no object': [{ image: 'fn', podExecutor: [] }, /^spec\.podExecutor is not an object$/],
  'a time that is none': [
    { image: 'fn', podExecutor: { timeToLive: 'soon' } },
    /^spec\.podExecutor\.timeToLive is not a duration like 30m$/,
  ],
  'a negative number': [
    { image: 'fn', podExecutor: { maxParallelExecutions: -1 } },
    /^spec\.podExecutor\.maxParallelExecutions is not a whole number from 0 up$/,
  ],
  'a variable that is no object': [
    { image: 'fn', podExecutor: { templateOverrides: { container: { env: ['A=b'] } } } },
    /^spec\.podExecutor\.templateOverrides\.container\.env holds what is not an object$/,
  ],
  'an executable without a path': [
    { image: 'fn', binaryExecutor: { tags: ['v1'] } },
    /^spec\.binaryExecutor\.path is missing$/,
  ],
};

describe('reading of a FunctionConfig', () => {
  it('takes all that is about function pods', () => {
    const resources = { limits: { memory: '1Gi' } };
    const { pod } = parse({
      image: 'set-labels',
      podExecutor: {
        tags: ['v1', 'v2'],
        timeToLive: '1h30m',
        maxParallelExecutions: 3,
        preferredMaxQueueLength: 4,
        templateOverrides: {
          serviceAccountName: 'sa',
          securityContext: { runAsUser: 7 },
          initContainer: { env: [{ name: 'A', value: 'b' }] },
          container: { resources, envFrom: [{ secretRef: { name: 's' } }], image: 'ignored' },
        },
      },
    });
    expect(pod).to.deep.equal({
      tags: ['v1', 'v2'],
      ttlMs: 5_400_000,
      maxPods: 3,
      maxWaitlist: 4,
      warmUpImage: 'ghcr.io/kptdev/krm-functions-catalog/set-labels:v1',
      overrides: {
        serviceAccountName: 'sa',
        securityContext: { runAsUser: 7 },
        initContainer: { env: [{ name: 'A', value: 'b' }] },
        container: { resources, envFrom: [{ secretRef: { name: 's' } }] },
      },
    });
  });

  it('leaves to the flags what is 0 or missing', () => {
    expect(
      parse({ image: 'fn', podExecutor: { timeToLive: '0s', maxParallelExecutions: 0, templateOverrides: {} } }).pod,
    ).to.deep.equal({ tags: [], overrides: {} });
  });

  it('takes executables', () => {
    const { pod, executable } = parse({ image: 'fn', binaryExecutor: { path: 'fn', tags: ['v1'] } });
    expect(pod).to.be.undefined;
    expect(executable).to.deep.equal({ path: 'fn', tags: ['v1'] });
  });

  it('takes the annotation about a read-only root', () => {
    const spec = { image: 'fn', podExecutor: {} };
    expect(parse(spec, { 'fn.kpt.dev/read-only-root': 'false' }).pod?.readOnlyRoot).to.be.false;
    expect(parse(spec, { 'fn.kpt.dev/read-only-root': 'true' }).pod?.readOnlyRoot).to.be.true;
    expect(parse({ image: 'fn', goExecutor: {} }, { 'fn.kpt.dev/read-only-root': 'false' }).pod).to.deep.equal({
      tags: [],
      readOnlyRoot: false,
      overrides: {},
    });
    expect(() => parse(spec, { 'fn.kpt.dev/read-only-root': 'no' })).to.throw('fn.kpt.dev/read-only-root');
  });

  it('takes the annotations about pull secrets and the pull policy, whatever executes the function', () => {
    const annotations = {
      'fn.kpt.dev/pull-secrets': ' harbor, ghcr.io ,harbor,',
      'fn.kpt.dev/image-pull-policy': 'Never',
    };
    const expected = { pullSecrets: ['harbor', 'ghcr.io'], imagePullPolicy: 'Never' };
    for (const spec of [
      { image: 'fn', podExecutor: {} },
      { image: 'fn', goExecutor: {} },
    ]) {
      expect(parse(spec, annotations).pod).to.deep.equal({ tags: [], ...expected, overrides: {} });
    }
    expect(parse({ image: 'fn' }, { 'fn.kpt.dev/pull-secrets': ' , ' }).pod).to.be.undefined;
  });

  for (const [name, value, problem] of [
    ['fn.kpt.dev/pull-secrets', 'harbor,No_Name', 'holds "No_Name", which cannot be the name of a secret'],
    ['fn.kpt.dev/pull-secrets', '../pods', 'holds "../pods"'],
    ['fn.kpt.dev/image-pull-policy', 'always', 'is none of Always, IfNotPresent, Never'],
    ['fn.kpt.dev/image-pull-policy', '', 'is none of Always, IfNotPresent, Never'],
  ] as const) {
    it(`says where the annotation ${name} is ${JSON.stringify(value)}`, () => {
      expect(() => parse({ image: 'fn', podExecutor: {} }, { [name]: value })).to.throw(
        `annotation ${name} ${problem}`,
      );
    });
  }

  for (const [prefixes, warmUpImage] of [
    [[], 'ghcr.io/kptdev/krm-functions-catalog/fn:v1'],
    [['', 'b.io'], 'ghcr.io/kptdev/krm-functions-catalog/fn:v1'],
    [['b.io/team/', ''], 'b.io/team/fn:v1'],
  ] as const) {
    it(`warms up ${warmUpImage} for prefixes ${JSON.stringify(prefixes)}`, () => {
      const spec = { image: 'fn', prefixes, podExecutor: { tags: ['v1', 'v2'] } };
      expect(parse(spec).pod?.warmUpImage).to.equal(warmUpImage);
    });
  }

  for (const [title, [spec, problem]] of Object.entries(malformed)) {
    it(`says where there is ${title}`, () => {
      expect(() => parse(spec)).to.throw(problem);
    });
  }
});
