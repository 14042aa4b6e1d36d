import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import { Slots } from '../../src/registry/transport/slots.ts';

const never = new AbortController().signal;

async function isTaken(slot: Promise<unknown>): Promise<boolean> {
  return Promise.race([slot.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
}

describe('Slots', () => {
  it('gives a slot to the first who waits for that host, past others whose host is full', async () => {
    const slots = new Slots(1, 2);
    const releaseA = await slots.take('a', never);
    const secondA = slots.take('a', never);
    const releaseB = await slots.take('b', never);
    const secondB = slots.take('b', never);
    expect(await isTaken(secondA)).to.equal(false);
    releaseB();
    expect(await isTaken(secondB)).to.equal(true);
    expect(await isTaken(secondA)).to.equal(false);
    releaseA();
    expect(await isTaken(secondA)).to.equal(true);
  });

  it('counts a slot that is given back twice once', async () => {
    const slots = new Slots(4, 1);
    const release = await slots.take('a', never);
    release();
    release();
    await slots.take('a', never);
    expect(await isTaken(slots.take('b', never))).to.equal(false);
  });

  it('takes who gives up out of the queue', async () => {
    const slots = new Slots(1, 1);
    const release = await slots.take('a', never);
    const impatient = new AbortController();
    const waiting = slots.take('a', impatient.signal);
    impatient.abort(new RunnerError('DEADLINE', 'too long'));
    const outcome = await waiting.catch((error: unknown) => error);
    expect(outcome).to.include({ code: 'DEADLINE' });
    release();
    expect(await isTaken(slots.take('a', never))).to.equal(true);
  });
});
