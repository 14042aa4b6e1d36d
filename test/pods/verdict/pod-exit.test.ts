import { expect } from 'chai';
import type { Pod } from '../../../src/kubernetes/pod.ts';
import { exitOf } from '../../../src/pods/pod-verdict.ts';
import { crashed, deletion, podOf, running, runs, terminated, waiting, withFunction } from './pod-of.ts';

const target = (reason: string): object => ({ type: 'DisruptionTarget', status: 'True', reason, message: 'went' });
const exits: readonly (readonly [title: string, pod: Pod | undefined, exit: object | undefined])[] = [
  ['a pod that runs', withFunction(running(runs)), undefined],
  ['a pod that is gone', undefined, { reason: 'Deleted', exitCode: undefined }],
  [
    'a container that ended',
    withFunction(running(terminated(137, 'OOMKilled'))),
    { reason: 'OOMKilled', exitCode: 137 },
  ],
  ['a container that was started again', withFunction(crashed), { reason: 'OOMKilled', exitCode: 137 }],
  [
    'a container that waits to be started again',
    withFunction(running(waiting('CrashLoopBackOff'), { restartCount: 1, lastState: terminated(1, 'Error', 'panic') })),
    { reason: 'Error', exitCode: 1, message: 'panic' },
  ],
  ['a lost node', withFunction(running(runs), { reason: 'NodeLost' }), { reason: 'NodeLost', exitCode: undefined }],
  [
    'an eviction',
    podOf(
      { phase: 'Running', containerStatuses: [running(runs)], conditions: [target('EvictionByEvictionAPI')] },
      deletion,
    ),
    { reason: 'EvictionByEvictionAPI', message: 'went' },
  ],
  ['a deletion', podOf({ phase: 'Running', containerStatuses: [running(runs)] }, deletion), { reason: 'Deleted' }],
];

describe('how a pod that lost a call ended', () => {
  for (const [title, pod, exit] of exits) {
    it(`is ${exit === undefined ? 'not known' : 'known'} for ${title}`, () => {
      const found = exitOf(pod);
      if (exit === undefined) expect(found).to.equal(undefined);
      else expect(found).to.include(exit);
    });
  }

  it('is not known from an end that was before the call', () => {
    expect(exitOf(withFunction(crashed), 1)).to.equal(undefined);
  });
});
