import { expect } from 'chai';
import type { Pod } from '../../../src/kubernetes/pod.ts';
import { podVerdict, type PodVerdict } from '../../../src/pods/pod-verdict.ts';
import { hopelessRows } from './hopeless-rows.ts';
import {
  crashed,
  deletion,
  denied,
  functionImage,
  initialized,
  podOf,
  running,
  runs,
  terminated,
  waiting,
  withFunction,
} from './pod-of.ts';
import { startingRows } from './starting-rows.ts';

const verdictOf = (pod: Pod): PodVerdict => podVerdict(pod, { image: functionImage, requestedName: 'fn:v1' });
const sidecar = { ...running(waiting('ImagePullBackOff', denied)), name: 'proxy' };

describe('the verdict on a pod', () => {
  for (const [title, pod, code, message, hint] of hopelessRows) {
    it(`is hopeless for ${title}`, () => {
      const verdict = verdictOf(pod);
      if (verdict.kind !== 'hopeless') throw new Error(`it is ${verdict.kind}`);
      const { error } = verdict;
      expect({ code: error.code, image: error.details.image }).to.deep.equal({ code, image: 'fn:v1' });
      expect(error.message).to.match(message);
      expect(error.details.hint).to.match(hint);
    });
  }

  for (const [title, pod, reason, message] of startingRows) {
    it(`waits for ${title}`, () => {
      const verdict = verdictOf(pod);
      expect(verdict).to.include({ kind: 'starting', reason });
      if (verdict.kind === 'starting') expect(verdict.message).to.match(message);
    });
  }

  it('lets the pod be called as soon as its container runs, ready or not, whatever its side-cars do', () => {
    const dialable = { kind: 'dialable', address: '10.0.0.7' };
    const container = running(runs);
    expect(verdictOf(withFunction(container))).to.deep.equal(dialable);
    expect(verdictOf(withFunction(container, { containerStatuses: [sidecar, container] }))).to.deep.equal(dialable);
    expect(verdictOf(withFunction(crashed))).to.deep.equal(dialable);
  });

  it('waits for the function where a side-car cannot start', () => {
    const containerStatuses = [sidecar, running(waiting('ContainerCreating'))];
    const initContainerStatuses = [initialized];
    expect(verdictOf(podOf({ phase: 'Pending', initContainerStatuses, containerStatuses })).kind).to.equal('starting');
  });

  it('is that it ended for pods that are over or being deleted', () => {
    const failed = withFunction(running(terminated(137, 'OOMKilled')), { phase: 'Failed' });
    const done = withFunction(running(terminated(0, 'Completed')), { phase: 'Succeeded' });
    const evicted = podOf({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' });
    const deleted = podOf({ phase: 'Running', podIP: '10.0.0.7', containerStatuses: [running(runs)] }, deletion);
    const reasons = [failed, done, evicted, deleted].map((pod) => {
      const verdict = verdictOf(pod);
      return verdict.kind === 'ended' ? verdict.exit.reason : verdict.kind;
    });
    expect(reasons).to.deep.equal(['OOMKilled', 'Completed', 'Evicted', 'Deleted']);
  });

  it('is that it ended where the container is not started again, though a side-car goes on', () => {
    const proxy = { ...running(runs), name: 'proxy' };
    const kindOf = (exitCode: number, restartPolicy: string): string => {
      const containerStatuses = [proxy, running(terminated(exitCode, exitCode === 0 ? 'Completed' : 'Error'))];
      const status = { phase: 'Running', podIP: '10.0.0.7', containerStatuses };
      return verdictOf(podOf(status, {}, { restartPolicy })).kind;
    };
    expect([kindOf(1, 'Never'), kindOf(0, 'Never'), kindOf(0, 'OnFailure')]).to.deep.equal(['ended', 'ended', 'ended']);
    expect([kindOf(1, 'OnFailure'), kindOf(1, 'Always')]).to.deep.equal(['starting', 'starting']);
  });

  it('shows messages as one line of bearable length, without queries and control characters', () => {
    const message = `denied: see\n\u001b[31m https://r.example/t?token=hunter2 ${'x'.repeat(5000)}`;
    const verdict = verdictOf(withFunction(running(waiting('ErrImagePull', message))));
    if (verdict.kind !== 'hopeless') throw new Error(`it is ${verdict.kind}`);
    expect(verdict.error.message).not.to.match(/hunter2|\p{Cc}/u);
    expect(verdict.error.message.length).to.be.lessThan(1000);
  });
});
