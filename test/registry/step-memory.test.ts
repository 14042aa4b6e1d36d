import { expect } from 'chai';
import type { ConnectionStep } from '../../src/core/attempt.ts';
import { registryEndpoint, urlEndpoint } from '../../src/registry/endpoint.ts';
import type { Endpoint } from '../../src/registry/endpoint.ts';
import { StepMemory } from '../../src/registry/trust/step-memory.ts';
import type { Route } from '../../src/registry/transport/transport-request.ts';
import { MovableClock } from './transport/movable-clock.ts';

const minuteMs = 60_000;
const lives: readonly (readonly [ConnectionStep, number])[] = [
  ['mounted-ca', 10],
  ['system-ca', 10],
  ['insecure-tls', 1],
  ['plaintext', 1],
];

function route(step: ConnectionStep): Route {
  const authority = 'registry.example';
  const origin = `https://${authority}:443`;
  return { step, origin, authority, credentialsAllowed: true, insecureListed: false, addresses: [] };
}

describe('StepMemory', () => {
  for (const [step, minutes] of lives) {
    it(`keeps ${step} for ${String(minutes)} minutes`, () => {
      const clock = new MovableClock();
      const memory = new StepMemory(clock);
      const host = registryEndpoint('registry.example');
      memory.remember(host, route(step));
      clock.advance((minutes - 0.1) * minuteMs);
      expect(memory.recall(host)?.step).to.equal(step);
      clock.advance(0.2 * minuteMs);
      expect(memory.recall(host)).to.equal(undefined);
    });
  }

  it('knows who was verified even after the step is forgotten', () => {
    const memory = new StepMemory(new MovableClock());
    const verified = registryEndpoint('registry.example');
    const plain = registryEndpoint('plain.example');
    memory.remember(verified, route('system-ca'));
    memory.remember(plain, route('plaintext'));
    memory.remember(verified, route('insecure-tls'));
    memory.forget(verified);
    memory.forgetSteps();
    expect([memory.recall(verified), memory.recall(plain)]).to.deep.equal([undefined, undefined]);
    expect([memory.wasVerified(verified), memory.wasVerified(plain)]).to.deep.equal([true, false]);
  });

  it('knows a redirect target again that is named as a registry', () => {
    const memory = new StepMemory(new MovableClock());
    memory.remember(urlEndpoint(new URL('https://registry.example/x')), route('system-ca'));
    expect(memory.wasVerified(registryEndpoint('registry.example'))).to.equal(true);
    expect(memory.wasVerified(registryEndpoint('registry.example:443'))).to.equal(true);
    expect(memory.wasVerified(registryEndpoint('registry.example:5000'))).to.equal(false);
    expect(memory.recall(registryEndpoint('registry.example'))).to.equal(undefined);
  });

  it('lets go of the oldest of ten thousand hosts', () => {
    const memory = new StepMemory(new MovableClock());
    const host = (index: number): Endpoint => registryEndpoint(`r${String(index)}.example`);
    for (let index = 0; index <= 10_000; index += 1) memory.remember(host(index), route('mounted-ca'));
    expect([memory.recall(host(0)), memory.wasVerified(host(0))]).to.deep.equal([undefined, false]);
    expect(memory.recall(host(1))?.step).to.equal('mounted-ca');
  });
});
