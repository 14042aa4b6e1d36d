import { expect } from 'chai';
import { podMarks } from '../../../src/pods/pod-marks.ts';
import { CurrentVersions } from '../../../src/pods/pool/current-versions.ts';
import type { KnownPod } from '../../../src/pods/pool/known-pod.ts';
import { made, startMs } from './made-pod.ts';
import { planOf } from './pool-harness.ts';

describe('an outdated pod', () => {
  const of = (key: string, image = 'registry.test/fn:v1'): KnownPod =>
    made({
      labels: { [podMarks.functionKey]: key },
      annotations: { [podMarks.requestedImage]: image, [podMarks.repository]: 'registry.test/fn' },
    });

  it('is an elder one of another key under the same image name', () => {
    const versions = new CurrentVersions();
    versions.note(planOf({ key: 'new' }), startMs + 1000);
    expect(versions.isOutdated(of('old'), startMs)).to.equal(true);
    expect(versions.isOutdated(of('new'), startMs)).to.equal(false);
    expect(versions.isOutdated(of('old', 'registry.test/fn:v2'), startMs)).to.equal(false);
  });

  it('is not one that a replica made which has not seen the tag move: they would drain each other for ever', () => {
    const versions = new CurrentVersions();
    versions.note(planOf({ key: 'new' }), startMs);
    expect(versions.isOutdated(of('old'), startMs + 1000)).to.equal(false);
  });

  it('is not one that another name still stands for', () => {
    const versions = new CurrentVersions();
    versions.note(planOf({ key: 'old', image: 'registry.test/fn:v1.0' }), startMs + 1000);
    versions.note(planOf({ key: 'new' }), startMs + 1000);
    expect(versions.isOutdated(of('old'), startMs)).to.equal(false);
  });

  it('is not one of another registry', () => {
    const versions = new CurrentVersions();
    versions.note(planOf({ key: 'new', repository: 'mirror.test/fn' }), startMs + 1000);
    expect(versions.isOutdated(of('old'), startMs)).to.equal(false);
  });

  it('is not that of another caller, nor that of callers without a login', () => {
    const versions = new CurrentVersions();
    const mine = made({
      labels: { [podMarks.functionKey]: 'mine' },
      annotations: {
        [podMarks.requestedImage]: 'registry.test/fn:v1',
        [podMarks.repository]: 'registry.test/fn',
        [podMarks.callerKey]: 'me',
      },
    });
    versions.note(planOf({ key: 'shared' }), startMs + 1000);
    versions.note(planOf({ key: 'yours', callerKey: 'you' }), startMs + 1000);
    expect(versions.isOutdated(mine, startMs)).to.equal(false);
    versions.note(planOf({ key: 'newer', callerKey: 'me' }), startMs + 1000);
    expect(versions.isOutdated(mine, startMs)).to.equal(true);
    expect(versions.isOutdated(of('shared'), startMs)).to.equal(false);
  });
});
