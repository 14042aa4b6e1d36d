import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import { parseReference } from '../../src/image/reference.ts';
import { RunRegistries } from '../../src/image/run-registries.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const runs = RunRegistries.parse([
  'registry.fns.svc:5000=localhost:32000',
  'Mirror:443=[FD00::0:1]:5000',
  'index.docker.io=hub.example',
]);

describe('--run-registry', () => {
  const rows: readonly (readonly [image: string, resolve: string, run: string])[] = [
    ['registry.fns.svc:5000/team/fn:v1', 'registry.fns.svc:5000/team/fn:v1', 'localhost:32000/team/fn:v1'],
    ['localhost:32000/team/fn:v1', 'registry.fns.svc:5000/team/fn:v1', 'localhost:32000/team/fn:v1'],
    ['LOCALHOST:32000/fn', 'registry.fns.svc:5000/fn:latest', 'localhost:32000/fn:latest'],
    [`localhost:32000/fn@${digest}`, `registry.fns.svc:5000/fn@${digest}`, `localhost:32000/fn@${digest}`],
    [`localhost:32000/fn:v1@${digest}`, `registry.fns.svc:5000/fn@${digest}`, `localhost:32000/fn@${digest}`],
    ['mirror:443/a/b', 'mirror:443/a/b:latest', '[fd00::1]:5000/a/b:latest'],
    ['[fd00:0::1]:5000/a/b', 'mirror:443/a/b:latest', '[fd00::1]:5000/a/b:latest'],
    ['nginx', 'docker.io/library/nginx:latest', 'hub.example/library/nginx:latest'],
    ['hub.example/library/nginx:1', 'docker.io/library/nginx:1', 'hub.example/library/nginx:1'],
    ['localhost:32001/fn', 'localhost:32001/fn:latest', 'localhost:32001/fn:latest'],
    ['localhost/fn', 'localhost/fn:latest', 'localhost/fn:latest'],
    ['registry.fns.svc/fn', 'registry.fns.svc/fn:latest', 'registry.fns.svc/fn:latest'],
  ];
  for (const [image, resolve, run] of rows) {
    it(`${image} is looked up as ${resolve} and run as ${run}`, () => {
      const there = runs.toResolve(parseReference(image));
      expect(there.canonical).to.equal(resolve);
      expect(there.input).to.equal(image);
      expect(runs.toRun(there).canonical).to.equal(run);
      expect(runs.toRun(parseReference(image)).canonical).to.equal(run);
      expect(parseReference(runs.toRun(there).input).canonical).to.equal(run);
    });
  }

  it('keeps the tag beside a digest, for pods that are not pinned', () => {
    const { input } = runs.toRun(parseReference(`registry.fns.svc:5000/fn:v1@${digest}`));
    expect(input).to.equal(`localhost:32000/fn:v1@${digest}`);
  });

  it('says nothing of other registries: the very reference comes back', () => {
    const reference = parseReference('ghcr.io/a/b');
    expect(runs.toResolve(reference)).to.equal(reference);
    expect(runs.toRun(reference)).to.equal(reference);
    expect(RunRegistries.parse([]).toRun(reference)).to.equal(reference);
  });

  const faults: readonly (readonly [list: readonly string[], fault: RegExp])[] = [
    [['a.example'], /"a\.example" is not RESOLVE=RUN; write registry\.example\.svc:5000=localhost:32000/],
    [['a.example=b.example=c.example'], /is not RESOLVE=RUN/],
    [['=b.example'], /has no registry in ""/],
    [['a.example='], /has no registry in ""/],
    [['registry=b.example'], /has no registry in "registry"; write host:port, or a host with a dot/],
    [['https://a.example=b.example'], /has a scheme in "https:\/\/a\.example"/],
    [['a.example/team=b.example'], /has a path in "a\.example\/team"/],
    [['a.example:0=b.example'], /has no registry in "a\.example:0": .*port from 1 to 65535/],
    [['a.example=A.example'], /names one address twice/],
    [['docker.io=index.docker.io'], /names one address twice/],
    [['a.example=b.example', 'a.example=c.example'], /a\.example is looked up for two addresses/],
    [['a.example=b.example', 'c.example=b.example'], /b\.example stands for two registries/],
    [['a.example=b.example', 'b.example=c.example'], /b\.example is both looked up and run as/],
    [['b.example=c.example', 'a.example=b.example'], /b\.example is both looked up and run as/],
    [['a', 'b'], /"a" .*; "b" /],
  ];
  for (const [list, fault] of faults) {
    it(`${JSON.stringify(list)} is refused`, () => {
      const parse = (): unknown => RunRegistries.parse(list);
      expect(parse).to.throw(RunnerError, fault).with.property('code', 'CFG_OPTION');
    });
  }
});
