import { expect } from 'chai';

import type { JsonObject } from '../../../src/core/json.ts';
import { parseReference } from '../../../src/image/reference.ts';
import { RunRegistries } from '../../../src/image/run-registries.ts';
import type { FunctionConfig } from '../../../src/kubernetes/function-config/function-config.ts';
import { findExecutable, findForPods } from '../../../src/kubernetes/function-config/match-function-config.ts';
import { parseFunctionConfig } from '../../../src/kubernetes/function-config/parse-function-config.ts';
import { rawConfig, resource, rules } from './config-double.ts';

const config = (name: string, spec: JsonObject): FunctionConfig =>
  parseFunctionConfig(resource.parse(rawConfig({ podExecutor: {}, ...spec }, { name })), rules);
const defaults = 'ghcr.io/kptdev/krm-functions-catalog';

interface Row {
  readonly title: string;
  readonly spec: JsonObject;
  readonly yes: readonly string[];
  readonly no: readonly string[];
}

const rows: readonly Row[] = [
  {
    title: 'a name alone is for that name anywhere',
    spec: { image: 'fn' },
    yes: ['fn', 'fn:v1', `${defaults}/fn:v1`, 'a.io/b/c/fn', `a.io/fn@sha256:${'0'.repeat(64)}`],
    no: ['fn2', 'a.io/my-fn', 'a.io/fn/other'],
  },
  {
    title: 'the empty prefix is the default one',
    spec: { image: 'fn', prefixes: [''] },
    yes: ['fn:v1', `${defaults}/fn`],
    no: ['a.io/fn', 'ghcr.io/kptdev/fn', 'docker.io/library/fn'],
  },
  {
    title: 'a prefix is for all that is below it, by whole parts',
    spec: { image: 'fn', prefixes: ['a.io/team', 'b.io:5000/'] },
    yes: ['a.io/team/fn', 'a.io/team/x/fn:v1', 'b.io:5000/fn', 'b.io:5000/x/fn'],
    no: ['a.io/teams/fn', 'a.io/fn', 'b.io/fn', 'fn'],
  },
  {
    title: 'a prefix of Docker Hub is for its images',
    spec: { image: 'fn', prefixes: ['team'] },
    yes: ['docker.io/team/fn', 'index.docker.io/team/fn'],
    no: ['docker.io/other/fn'],
  },
  {
    title: 'a name of several parts is for those',
    spec: { image: 'group/fn', prefixes: ['a.io'] },
    yes: ['a.io/group/fn', 'a.io/x/group/fn'],
    no: ['a.io/fn', 'a.io/my-group/fn'],
  },
  {
    title: 'a whole name is for that image alone',
    spec: { image: 'a.io/team/fn' },
    yes: ['a.io/team/fn:v1'],
    no: ['b.io/team/fn', 'a.io/x/team/fn', 'fn'],
  },
  {
    title: 'tags are for those tags',
    spec: { image: 'fn', podExecutor: { tags: ['v1', 'latest'] } },
    yes: ['fn:v1', 'fn'],
    no: ['fn:v2', `fn@sha256:${'0'.repeat(64)}`],
  },
];

const image = (text: string): ReturnType<typeof parseReference> =>
  parseReference(text, { defaultImagePrefix: `${defaults}/` });

describe('FunctionConfig of an image', () => {
  for (const { title, spec, yes, no } of rows) {
    it(title, () => {
      const configs = [config('any-name', spec)];
      for (const text of yes) expect(findForPods(configs, image(text)), text).to.equal(configs[0]);
      for (const text of no) expect(findForPods(configs, image(text)), text).to.be.undefined;
    });
  }

  it('is the one that names the tag, then the longest prefix, then the first name', () => {
    const tagged = config('z', { image: 'fn', podExecutor: { tags: ['v1'] } });
    const long = config('y', { image: 'fn', prefixes: ['a.io/team'] });
    const short = config('x', { image: 'fn', prefixes: ['a.io'] });
    const second = config('w', { image: 'fn' });
    const first = config('v', { image: 'fn' });
    const configs = [second, short, first, tagged, long];
    expect(findForPods(configs, image('a.io/team/fn:v1'))?.name).to.equal('z');
    expect(findForPods(configs, image('a.io/team/fn:v2'))?.name).to.equal('y');
    expect(findForPods(configs, image('a.io/fn:v2'))?.name).to.equal('x');
    expect(findForPods(configs, image('b.io/fn:v2'))?.name).to.equal('v');
  });

  it('is found under either address of a registry that nodes reach under another one', () => {
    const runs = RunRegistries.parse(['registry.fns.svc:5000=localhost:32000']);
    const lookedUpAs = runs.toResolve.bind(runs);
    for (const spec of [
      { image: 'fn', prefixes: ['localhost:32000/team'] },
      { image: 'fn', prefixes: ['registry.fns.svc:5000/team'] },
      { image: 'localhost:32000/team/fn' },
    ]) {
      const raw = resource.parse(rawConfig({ podExecutor: {}, ...spec }, { name: 'a' }));
      const known = [parseFunctionConfig(raw, { ...rules, lookedUpAs })];
      for (const text of ['localhost:32000/team/fn:v1', 'registry.fns.svc:5000/team/fn:v1'])
        expect(findForPods(known, lookedUpAs(image(text))), text).to.equal(known[0]);
      expect(findForPods(known, lookedUpAs(image('localhost:32001/team/fn:v1')))).to.equal(undefined);
    }
  });

  it('is found by spec.image, not by its own name', () => {
    expect(findForPods([config('fn', { image: 'other' })], image('fn'))).to.be.undefined;
  });

  it('without a part about pods is none for them', () => {
    const binary = { image: 'fn', podExecutor: undefined, binaryExecutor: { path: 'p', tags: ['v1'] } };
    expect(findForPods([config('fn', binary)], image('fn:v1'))).to.be.undefined;
    expect(findExecutable([config('fn', binary)], image('fn:v1'))?.name).to.equal('fn');
    expect(findExecutable([config('fn', binary)], image('fn:v2'))).to.be.undefined;
  });
});
