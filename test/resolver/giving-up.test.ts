import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import { ResolverWith, settled, ttlMs } from './resolver-with.ts';

const image = 'registry.example.com/fn:v1';
const hourMs = 60 * 60 * 1000;

describe('a caller that gives up', () => {
  it('leaves what is known as it is', async () => {
    const subject = await resolved();
    subject.registry.gate = new Promise(() => undefined);
    const quitter = new AbortController();
    const leaving = subject.failure(image, { refresh: true, signal: quitter.signal });
    await settled();
    quitter.abort();
    expect((await leaving).code).to.equal('CANCELLED');
    subject.takeRequests();
    expect((await subject.resolve(image)).cached).to.equal(true);
    expect(subject.takeRequests()).to.deep.equal([]);
  });

  it('is told so, though an old answer could stand in', async () => {
    const subject = await resolved();
    subject.clock.advance(hourMs);
    subject.registry.gate = new Promise(() => undefined);
    const quitter = new AbortController();
    const leaving = subject.failure(image, { signal: quitter.signal });
    await settled();
    quitter.abort(new RunnerError('DEADLINE', 'the caller has no more time'));
    expect((await leaving).code).to.equal('DEADLINE');
    subject.resolver.close();
  });

  it('does not keep it from becoming known that the registry cannot answer', async () => {
    const subject = await resolved({ timeoutMs: 30 });
    subject.clock.advance(hourMs);
    subject.registry.gate = new Promise(() => undefined);
    const quitter = new AbortController();
    const leaving = subject.failure(image, { signal: quitter.signal });
    await settled();
    quitter.abort();
    await leaving;
    await new Promise((resolve) => setTimeout(resolve, 100));
    subject.takeRequests();
    expect((await subject.resolve(image)).cached).to.equal(true);
    expect(subject.takeRequests()).to.deep.equal([]);
  });
});

describe('a registry that said no, and yes when it was asked again', () => {
  it('is not quoted with its no any more, even where nothing is kept', async () => {
    const subject = new ResolverWith({ ttlMs: 0 });
    subject.registry.tag('v1', subject.registry.addImage());
    subject.registry.failure = new RunnerError('MAN_NOT_FOUND', 'for the test');
    await subject.failure(image);
    subject.registry.failure = undefined;
    await subject.resolve(image, { refresh: true });
    expect((await subject.resolve(image)).cached).to.equal(false);
  });
});

async function resolved(options: ConstructorParameters<typeof ResolverWith>[0] = {}): Promise<ResolverWith> {
  const subject = new ResolverWith({ ttlMs, ...options });
  subject.registry.tag('v1', subject.registry.addImage());
  await subject.resolve(image);
  subject.takeRequests();
  return subject;
}
