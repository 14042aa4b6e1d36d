import { expect } from 'chai';
import { RunnerError } from '../../../src/core/errors.ts';
import { parsePod } from '../../../src/kubernetes/parse-pod.ts';
import { manager } from '../../../src/kubernetes/manager.ts';
import { podMarks } from '../../../src/pods/pod-marks.ts';
import type { PodEndpoint } from '../../../src/pods/pod-endpoint.ts';
import { type KnownPod, readKnownPod } from '../../../src/pods/pool/known-pod.ts';
import { Lease } from '../../../src/pods/pool/lease.ts';
import { Member } from '../../../src/pods/pool/member.ts';
import { Waiter } from '../../../src/pods/pool/waiter.ts';
import { FakeClock, settle } from './fake-clock.ts';
import { runningStatus } from './pool-harness.ts';
import { PodServers } from './pod-servers.ts';

function knownPod(): KnownPod {
  const labels = { [podMarks.managedBy]: manager, [podMarks.functionKey]: 'k', [podMarks.slot]: '0' };
  const known = readKnownPod(
    parsePod({ metadata: { name: 'fn', uid: 'u', labels }, status: runningStatus('10.0.0.1') }),
  );
  if (known === undefined) throw new Error('a pod of ours');
  return known;
}

function leaseOf(release: () => void): Lease {
  const endpoint = new PodServers().connect('10.0.0.1:9446');
  return new Lease({ known: knownPod(), endpoint, release, lose: async () => Promise.resolve() });
}

describe('a lease', () => {
  it('gives its slot back once, however often it is released', () => {
    let released = 0;
    const lease = leaseOf(() => {
      released += 1;
    });
    lease.release();
    lease.release();
    expect(released).to.equal(1);
  });

  it('that comes too late for its waiter is given back', async () => {
    let released = 0;
    const waiter = new Waiter('');
    waiter.fail(new RunnerError('CANCELLED', 'left'));
    waiter.grant(
      leaseOf(() => {
        released += 1;
      }),
    );
    waiter.fail(new RunnerError('INTERNAL', 'too late'));
    const code = await waiter.lease.then(
      () => 'granted',
      (error: unknown) => (error instanceof RunnerError ? error.code : ''),
    );
    expect([code, released]).to.deep.equal(['CANCELLED', 1]);
  });
});

describe('a connection', () => {
  it('that comes up after its pod was given up is closed', async () => {
    const servers = new PodServers();
    const { promise, resolve } = Promise.withResolvers<PodEndpoint>();
    const member = new Member(0, {
      dial: async () => promise,
      clock: new FakeClock(),
      podReadyTimeoutMs: 60_000,
      events: {
        serves: () => expect.fail('it is retired'),
        fails: () => expect.fail('it is retired'),
        isSilent: () => expect.fail('it is retired'),
        isLighter: () => undefined,
      },
    });
    member.observe(knownPod());
    member.retire();
    resolve(servers.connect('10.0.0.1:9446'));
    await settle();
    expect(servers.open).to.equal(0);
  });
});
