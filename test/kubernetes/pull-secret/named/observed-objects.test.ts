import { expect } from 'chai';
import { configMaps } from '../../../../src/kubernetes/resources.ts';
import type { ConfigMap } from '../../../../src/kubernetes/resources.ts';
import { refusal } from '../../memory-api.ts';
import { SteppedClock } from '../../stepped-clock.ts';
import { ObservedDouble } from './named-double.ts';

const minuteMs = 60_000;

describe('objects that are looked at by name', () => {
  let clock: SteppedClock;
  let double: ObservedDouble<ConfigMap>;

  beforeEach(() => {
    clock = new SteppedClock(1_000_000);
    double = new ObservedDouble(configMaps('functions'), clock);
  });

  const look = async (name: string): Promise<string> => {
    const seen = await double.objects.look(name);
    return seen.kind === 'there' ? `there ${seen.object.data['a'] ?? ''}` : seen.kind;
  };

  it('are opened at the first look, and asked nobody for at the next ones', async () => {
    double.put('one', { data: { a: '1' } });
    expect(await Promise.all([look('one'), look('one')])).to.deep.equal(['there 1', 'there 1']);
    expect(await look('one')).to.equal('there 1');
    expect(double.opened).to.deep.equal(['one']);
    expect(double.api.seen).to.have.length(1);
  });

  it('are as they are now, absent ones too, and changes are told of', async () => {
    expect(await look('one')).to.equal('absent');
    double.put('one', { data: { a: '1' } });
    expect(await look('one')).to.equal('there 1');
    double.put('one', { data: { a: '2' } });
    expect(await look('one')).to.equal('there 2');
    double.put('one', undefined);
    expect(await look('one')).to.equal('absent');
    expect(double.changes).to.equal(3);
  });

  for (const verb of ['list', 'get']) {
    it(`are opened where the Role allows ${verb} alone`, async () => {
      double.allowed = [verb];
      expect(await look('one')).to.equal('absent');
    });
  }

  it('cost no request where the Role allows neither, and are looked at anew when it may have changed', async () => {
    double.allowed = ['patch'];
    expect(await look('one')).to.equal('unreadable');
    expect(await look('one')).to.equal('unreadable');
    expect(double.opened).to.deep.equal([]);
    double.allowed = ['list'];
    await clock.advance(9 * minuteMs);
    expect(await look('one')).to.equal('unreadable');
    await clock.advance(minuteMs);
    expect(await look('one'), 'nobody waits for it').to.equal('unreadable');
    await clock.settle();
    expect(await look('one')).to.equal('absent');
  });

  it('cannot be read where the API server says so, whatever it said of the Role', async () => {
    double.failure = refusal(403, 'Forbidden');
    expect(await look('one')).to.equal('unreadable');
    expect(await look('one')).to.equal('unreadable');
    expect(double.opened).to.deep.equal(['one']);
  });

  it('are unknown while the API server is away, which is tried again after five seconds', async () => {
    double.failure = refusal(503, 'ServiceUnavailable');
    expect(await look('one')).to.equal('unknown');
    double.failure = undefined;
    expect(await look('one')).to.equal('unknown');
    await clock.advance(5000);
    expect(await look('one')).to.equal('absent');
    expect(double.opened).to.deep.equal(['one', 'one']);
  });

  it('are let go of after ten minutes without a look, but for those in use', async () => {
    await look('idle');
    await look('used');
    await clock.advance(9 * minuteMs);
    double.objects.tidy(new Set(['used']));
    await clock.advance(minuteMs);
    double.objects.tidy(new Set());
    expect(double.closed).to.deep.equal(['idle']);
    await look('idle');
    expect(double.opened).to.deep.equal(['idle', 'used', 'idle']);
  });

  it('are no more than a number: the longest unused makes room', async () => {
    const few = new ObservedDouble(configMaps('functions'), clock, 2);
    for (const name of ['one', 'two', 'one', 'three']) await few.objects.look(name);
    expect(few.closed).to.deep.equal(['two']);
  });

  it('are all let go of in the end, those that open just now too', async () => {
    await look('one');
    const opening = look('two');
    double.objects.close();
    await opening;
    expect(double.closed).to.have.members(['one', 'two']);
  });

  it('are not waited for when the call is given up', async () => {
    const giveUp = new AbortController();
    giveUp.abort();
    const outcome = await double.objects.look('one', giveUp.signal).catch((error: unknown) => String(error));
    expect(outcome).to.include('cancelled');
  });
});
