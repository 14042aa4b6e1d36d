import { expect } from 'chai';
import { RunnerError, type ErrorCode } from '../../src/core/errors.ts';
import { minuteMs, ResolverWith, settled, ttlMs } from './resolver-with.ts';

const image = 'registry.example.com/fn:v1';
const hourMs = 60 * minuteMs;

describe('the life of a resolved tag', () => {
  it('is fresh for its time: no request, and the answer says that it was known', async () => {
    const { subject } = await resolved();
    subject.clock.advance(ttlMs - 1);
    const { cached } = await subject.resolve(image);
    expect(cached).to.equal(true);
    expect(subject.takeRequests()).to.deep.equal([]);
  });

  it('is then given at once while one request in the background renews it', async () => {
    const { subject } = await resolved();
    subject.clock.advance(ttlMs);
    const answers = await Promise.all(Array.from({ length: 20 }, async () => subject.resolve(image)));
    await settled();
    expect(answers.every(({ cached }) => cached)).to.equal(true);
    expect(subject.takeRequests()).to.deep.equal(['manifest v1']);
    subject.clock.advance(ttlMs - 1);
    await subject.resolve(image);
    expect(subject.takeRequests()).to.deep.equal([]);
  });

  it('shows a moved tag to the caller after the one that made it known', async () => {
    const { subject, digest } = await resolved();
    const moved = subject.registry.tag('v1', subject.registry.addImage({ entrypoint: ['/newer'] }));
    subject.clock.advance(ttlMs);
    expect((await subject.resolve(image)).resolution.digest).to.equal(digest);
    await settled();
    const { resolution } = await subject.resolve(image);
    expect(resolution).to.deep.include({ digest: moved, entrypoint: ['/newer'] });
  });

  it('costs one request when it is too old to be given at once and has not moved', async () => {
    const { subject } = await resolved();
    subject.clock.advance(3 * ttlMs);
    const { cached } = await subject.resolve(image);
    expect(cached).to.equal(false);
    expect(subject.takeRequests()).to.deep.equal(['manifest v1']);
  });

  it('is asked for again on a refresh, with one request', async () => {
    const { subject } = await resolved();
    const { cached } = await subject.resolve(image, { refresh: true });
    expect(cached).to.equal(false);
    expect(subject.takeRequests()).to.deep.equal(['manifest v1']);
  });

  it('is asked for every time with a time to live of 0, with one request', async () => {
    const { subject } = await resolved(new ResolverWith({ ttlMs: 0 }));
    await subject.resolve(image);
    expect(subject.takeRequests()).to.deep.equal(['manifest v1']);
  });

  it('stands in for nothing with a time to live of 0', async () => {
    const { subject } = await resolved(new ResolverWith({ ttlMs: 0 }));
    subject.registry.failure = new RunnerError('UNREACHABLE', 'for the test');
    expect((await subject.failure(image)).code).to.equal('UNREACHABLE');
  });

  for (const lifeMs of [ttlMs, 0]) {
    it(`never ends for a digest, with a time to live of ${String(lifeMs)} ms`, async () => {
      const subject = new ResolverWith({ ttlMs: lifeMs });
      const digest = subject.registry.tag('v1', subject.registry.addImage());
      const pinned = `registry.example.com/fn@${digest}`;
      await subject.resolve(pinned);
      subject.takeRequests();
      subject.clock.advance(365 * 24 * hourMs);
      const { cached } = await subject.resolve(pinned);
      expect(cached).to.equal(true);
      expect(subject.takeRequests()).to.deep.equal([]);
    });
  }

  it('does not make the content of a digest read twice under another tag', async () => {
    const { subject, content } = await resolved();
    subject.registry.tag('v1-again', content);
    await subject.resolve('registry.example.com/fn:v1-again');
    expect(subject.takeRequests()).to.deep.equal(['manifest v1-again']);
  });
});

const failures: readonly { readonly code: ErrorCode; readonly survives: boolean }[] = [
  { code: 'UNREACHABLE', survives: true },
  { code: 'REGISTRY_UNAVAILABLE', survives: true },
  { code: 'RATE_LIMITED', survives: true },
  { code: 'DEADLINE', survives: true },
  { code: 'AUTH_REFUSED', survives: false },
  { code: 'AUTH_DENIED', survives: false },
  { code: 'AUTH_FORBIDDEN', survives: false },
  { code: 'MAN_NOT_FOUND', survives: false },
  { code: 'REPO_NOT_FOUND', survives: false },
  { code: 'TLS_UNTRUSTED', survives: false },
  { code: 'MAN_DIGEST', survives: false },
];

describe('a tag past its time whose registry answers', () => {
  for (const { code, survives } of failures) {
    it(`${code}: ${survives ? 'what was known before stands in, with a warning' : 'the error is the answer, then and after'}`, async () => {
      const { subject, digest } = await resolved();
      subject.clock.advance(hourMs);
      subject.registry.failure = new RunnerError(code, 'for the test');
      if (survives) {
        const { resolution, cached } = await subject.resolve(image);
        expect(resolution.digest).to.equal(digest);
        expect(cached).to.equal(true);
        expect(resolution.warnings.join()).to.include('could not be asked');
      } else {
        expect((await subject.failure(image)).code).to.equal(code);
        subject.registry.failure = new RunnerError('UNREACHABLE', 'for the test');
        subject.clock.advance(minuteMs);
        expect((await subject.failure(image)).code).to.equal('UNREACHABLE');
      }
    });
  }

  it('nothing in time: what was known before stands in', async () => {
    const { subject, digest } = await resolved(new ResolverWith({ timeoutMs: 20 }));
    subject.clock.advance(hourMs);
    subject.registry.gate = new Promise(() => undefined);
    const keepAlive = setTimeout(() => undefined, 1_000);
    const { resolution } = await subject.resolve(image);
    clearTimeout(keepAlive);
    expect(resolution.digest).to.equal(digest);
  });

  it('nothing: only the first caller in half a minute waits to find that out', async () => {
    const { subject } = await resolved();
    subject.clock.advance(hourMs);
    subject.registry.failure = new RunnerError('UNREACHABLE', 'for the test');
    await subject.resolve(image);
    expect(subject.takeRequests()).to.have.lengthOf(1);
    subject.clock.advance(29_999);
    await subject.resolve(image);
    expect(subject.takeRequests()).to.deep.equal([]);
    subject.clock.advance(1);
    await subject.resolve(image);
    expect(subject.takeRequests()).to.have.lengthOf(1);
  });

  it('nothing for a day: the error is the answer', async () => {
    const { subject } = await resolved();
    subject.clock.advance(24 * hourMs + 2 * ttlMs);
    subject.registry.failure = new RunnerError('UNREACHABLE', 'for the test');
    expect((await subject.failure(image)).code).to.equal('UNREACHABLE');
  });

  it('nothing to a refresh: the error is the answer', async () => {
    const { subject } = await resolved();
    subject.registry.failure = new RunnerError('UNREACHABLE', 'for the test');
    expect((await subject.failure(image, { refresh: true })).code).to.equal('UNREACHABLE');
  });

  it('not found in the background: the next caller is told', async () => {
    const { subject } = await resolved();
    subject.clock.advance(ttlMs);
    subject.registry.failure = new RunnerError('MAN_NOT_FOUND', 'for the test');
    await subject.resolve(image);
    await settled();
    expect((await subject.failure(image)).code).to.equal('MAN_NOT_FOUND');
  });
});

describe('a tag resolved over plaintext', () => {
  it('is known for its time only, never served stale, and marked', async () => {
    const subject = new ResolverWith();
    subject.registry.step = 'plaintext';
    subject.registry.authenticated = false;
    subject.registry.tag('v1', subject.registry.addImage());
    const { resolution } = await subject.resolve(image);
    expect(resolution.connection).to.equal('plaintext');
    expect(resolution.warnings.join()).to.include('does not prove');
    subject.clock.advance(ttlMs - 1);
    expect((await subject.resolve(image)).cached).to.equal(true);
    subject.clock.advance(1);
    subject.registry.failure = new RunnerError('UNREACHABLE', 'for the test');
    expect((await subject.failure(image)).code).to.equal('UNREACHABLE');
  });

  it('is not held past its time by a refresh that failed', async () => {
    const subject = new ResolverWith();
    subject.registry.step = 'plaintext';
    subject.registry.authenticated = false;
    subject.registry.tag('v1', subject.registry.addImage());
    await subject.resolve(image);
    subject.clock.advance(ttlMs - 1);
    subject.registry.failure = new RunnerError('UNREACHABLE', 'for the test');
    await subject.failure(image, { refresh: true });
    subject.clock.advance(1);
    expect((await subject.failure(image)).code).to.equal('UNREACHABLE');
  });
});

async function resolved(subject = new ResolverWith()): Promise<{
  subject: ResolverWith;
  digest: string;
  content: ReturnType<ResolverWith['registry']['addImage']>;
}> {
  const content = subject.registry.addImage();
  const digest = subject.registry.tag('v1', content);
  const { cached } = await subject.resolve(image);
  expect(cached).to.equal(false);
  subject.takeRequests();
  return { subject, digest, content };
}
