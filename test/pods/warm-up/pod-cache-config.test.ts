import { expect } from 'chai';
import { parseDuration } from '../../../src/config/duration.ts';
import { RunnerError } from '../../../src/core/errors.ts';
import { RunRegistries } from '../../../src/image/run-registries.ts';
import { parsePodCacheConfig } from '../../../src/pods/warm-up/pod-cache-config.ts';

const rules = { defaultImagePrefix: 'example.com/catalog/', parseDuration };

const read = (text: string): Readonly<Record<string, number>> =>
  Object.fromEntries(parsePodCacheConfig(text, 'cache.yaml', rules));

describe('The file of --pod-cache-config', () => {
  it('is a map of images and durations', () => {
    const text = 'gcr.io/kpt-fn/apply-setters:v0.2: 30m\nset-labels:v0.1: 1h30m\n';
    expect(read(text)).to.deep.equal({
      'gcr.io/kpt-fn/apply-setters:v0.2': 30 * 60_000,
      'example.com/catalog/set-labels:v0.1': 90 * 60_000,
    });
  });

  it('is for images where they are looked up, whichever address it names', () => {
    const runs = RunRegistries.parse(['registry.fns.svc:5000=localhost:32000']);
    const named = { ...rules, lookedUpAs: runs.toResolve.bind(runs) };
    const ttls = parsePodCacheConfig('localhost:32000/fn:v1: 30m\n', 'cache.yaml', named);
    expect([...ttls.keys()]).to.deep.equal(['registry.fns.svc:5000/fn:v1']);
  });

  it('may be empty', () => {
    expect(read('\n')).to.deep.equal({});
    expect(read('# nothing\n')).to.deep.equal({});
  });

  const faults = [
    { text: '- a', says: 'is not a map' },
    { text: 'a: [', says: 'not YAML' },
    { text: 'a/b:v1: soon', says: '"a/b:v1" has no duration' },
    { text: 'a/b:v1: 0s', says: '"a/b:v1" has no duration' },
    { text: 'a/b:v1: 30', says: '"a/b:v1" has no duration' },
    { text: '"https://a/b": 1m', says: 'is not an image' },
  ];
  for (const { text, says } of faults) {
    it(`is refused when it holds ${text}`, () => {
      expect(() => read(text))
        .to.throw(RunnerError, says)
        .with.property('code', 'CFG_OPTION');
    });
  }
});
