import { expect } from 'chai';
import { silentLog } from '../../src/core/log.ts';
import { leases } from '../../src/kubernetes/lease-object.ts';
import { Lease } from '../../src/kubernetes/lease.ts';
import { objectAt } from '../../src/kubernetes/object-meta.ts';
import { MemoryApi, refusal } from './memory-api.ts';
import { SteppedClock } from './stepped-clock.ts';

const name = 'krm-function-runner';
const startMs = 1_800_000_000_000;
const hourMs = 3_600_000;

interface Replica {
  readonly lease: Lease;
  readonly clock: SteppedClock;
  /** Nothing that it asks gets through. */
  cut(): void;
}

describe('the lease of what is done once for all replicas', () => {
  let api: MemoryApi;
  let replicas: Replica[];
  let isAllowed = true;

  beforeEach(() => {
    api = new MemoryApi();
    replicas = [];
    isAllowed = true;
  });

  afterEach(async () => {
    for (const { lease } of replicas) await lease.close();
  });

  const replica = (identity: string, aheadMs = 0): Replica => {
    const clock = new SteppedClock(startMs + aheadMs);
    let isCut = false;
    const reach = (): void => {
      if (isCut) throw refusal(0, 'no answer');
    };
    const lease = new Lease({
      api: {
        get: async (resource, wanted) => {
          reach();
          return api.get(resource, wanted);
        },
        patch: async (resource, wanted, body, options) => {
          reach();
          return api.patch(resource, wanted, body, options);
        },
      },
      resource: leases('fns'),
      name,
      identity,
      permissions: { allows: async () => Promise.resolve(isAllowed) },
      clock,
      log: silentLog,
      random: () => 0.5,
    });
    const made = {
      lease,
      clock,
      cut: () => {
        isCut = true;
      },
    };
    replicas.push(made);
    lease.start();
    return made;
  };
  /** All clocks go on together, whatever they show. */
  const advance = async (ms: number): Promise<void> => {
    for (let passedMs = 0; passedMs < ms; passedMs += 500) {
      for (const { clock } of replicas) await clock.advance(500);
    }
  };
  const holders = (): readonly boolean[] => replicas.map(({ lease }) => lease.mayCollectShared());
  const spec = (): Readonly<Record<string, unknown>> => objectAt(api.raw(name) ?? {}, 'spec');

  it('is held by one of them, and renewed every five seconds', async () => {
    replica('a');
    await advance(1000);
    replica('b');
    await advance(60_000);
    expect(holders()).to.deep.equal([true, false]);
    expect(spec()).to.include({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 });
    expect(api.writes.length).to.be.within(11, 14);
    expect(api.seen.length - api.writes.length, 'looks').to.be.within(11, 14);
  });

  it('is taken by one of those who find none at the same time', async () => {
    for (const identity of ['a', 'b', 'c']) replica(identity);
    await advance(20_000);
    expect(holders().filter(Boolean)).to.have.length(1);
  });

  for (const aheadMs of [-hourMs, 0, hourMs]) {
    it(`goes to another one within 25 s after its holder's death, with clocks ${String(aheadMs / hourMs)} h apart`, async () => {
      const dying = replica('a');
      await advance(1000);
      replica('b', aheadMs);
      await advance(60_000);
      expect(holders()).to.deep.equal([true, false]);
      dying.cut();
      await advance(9000);
      expect(holders()[1], 'too early').to.equal(false);
      await advance(16_000);
      expect(holders()).to.deep.equal([false, true]);
      expect(spec()).to.include({ holderIdentity: 'b', leaseTransitions: 1 });
    });
  }

  it('is given up by its holder before another one takes it', async () => {
    const cutOff = replica('a');
    await advance(1000);
    replica('b');
    await advance(20_000);
    cutOff.cut();
    for (let second = 0; second < 30; second += 1) {
      await advance(1000);
      expect(holders().filter(Boolean).length).to.be.at.most(1);
    }
    expect(holders()).to.deep.equal([false, true]);
  });

  it('survives an edit and a deletion by somebody else', async () => {
    replica('a');
    replica('b');
    await advance(11_000);
    api.put(name, { ...api.raw(name), metadata: { ...objectAt(api.raw(name) ?? {}, 'metadata'), labels: { x: 'y' } } });
    await advance(11_000);
    expect(holders().filter(Boolean)).to.have.length(1);
    api.put(name, undefined);
    await advance(11_000);
    expect(holders().filter(Boolean)).to.have.length(1);
  });

  it('is free as soon as its holder is closed', async () => {
    const { lease } = replica('a');
    await advance(1000);
    replica('b');
    await advance(10_000);
    await lease.close();
    expect(lease.mayCollectShared()).to.equal(false);
    expect(spec()).not.to.have.property('holderIdentity');
    await advance(6000);
    expect(holders()).to.deep.equal([false, true]);
  });

  it('is not released by one that does not hold it', async () => {
    replica('a');
    await advance(1000);
    const { lease } = replica('b');
    await advance(10_000);
    const before = api.writes.length;
    await lease.close();
    expect(api.writes).to.have.length(before);
    expect(spec()['holderIdentity']).to.equal('a');
  });

  it('is none where the Role says so: everyone tidies up, and nothing is asked', async () => {
    isAllowed = false;
    replica('a');
    replica('b');
    await advance(30_000);
    expect(holders()).to.deep.equal([true, true]);
    expect(api.seen).to.deep.equal([]);
  });

  for (const status of [403, 404, 422]) {
    it(`is none where a write is answered with ${String(status)}: everyone tidies up, and nothing is asked again`, async () => {
      api.before = ({ verb }) => {
        if (verb === 'patch') throw refusal(status, 'No');
      };
      replica('a');
      await advance(30_000);
      expect(holders()).to.deep.equal([true]);
      expect(api.seen).to.have.length(2);
    });
  }

  it('is contended for again when the API server comes back', async () => {
    api.before = () => {
      throw refusal(503, 'ServiceUnavailable');
    };
    replica('a');
    await advance(30_000);
    expect(holders()).to.deep.equal([false]);
    api.before = () => undefined;
    await advance(2000);
    expect(holders()).to.deep.equal([true]);
  });

  it('is not trusted by a holder whose clock was set back', async () => {
    const { clock, lease } = replica('a');
    await advance(1000);
    expect(lease.mayCollectShared()).to.equal(true);
    clock.set(startMs - hourMs);
    expect(lease.mayCollectShared()).to.equal(false);
  });
});
