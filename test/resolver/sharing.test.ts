import { expect } from 'chai';
import { RunnerError, type ErrorCode } from '../../src/core/errors.ts';
import type { Candidate } from '../../src/credentials/candidate.ts';
import { ResolverWith, settled, ttlMs } from './resolver-with.ts';

const image = 'registry.example.com/fn:v1';

describe('callers that ask for the same image', () => {
  it('at the same time cost as much as one, a thousand of them', async () => {
    const { subject } = withImage();
    const answers = await Promise.all(Array.from({ length: 1_000 }, async () => subject.resolve(image)));
    expect(new Set(answers.map(({ resolution }) => resolution.digest)).size).to.equal(1);
    expect(subject.takeRequests()).to.have.lengthOf(2);
  });

  it('under another spelling share the answer and get their own spelling back', async () => {
    const { subject } = withImage();
    subject.registry.tag('latest', subject.registry.addImage());
    await subject.resolve('registry.example.com/functions/fn');
    const { resolution, cached } = await subject.resolve('fn:latest');
    expect(cached).to.equal(true);
    expect(resolution.image).to.equal('fn:latest');
    expect(resolution.reference.canonical).to.equal('registry.example.com/functions/fn:latest');
  });

  it('do not lose their answer when one of them gives up', async () => {
    const { subject, open } = gated();
    const quitter = new AbortController();
    const leaving = subject.failure(image, { signal: quitter.signal });
    const staying = subject.resolve(image);
    await settled();
    quitter.abort();
    expect((await leaving).code).to.equal('CANCELLED');
    open();
    expect((await staying).cached).to.equal(false);
    expect(subject.takeRequests()).to.have.lengthOf(2);
  });

  it('end the request when all of them give up', async () => {
    const { subject } = gated();
    const quitter = new AbortController();
    const leaving = [1, 2].map(async () => subject.failure(image, { signal: quitter.signal }));
    await settled();
    quitter.abort(new RunnerError('DEADLINE', 'the caller has no more time'));
    const codes = (await Promise.all(leaving)).map(({ code }) => code);
    expect(codes).to.deep.equal(['DEADLINE', 'DEADLINE']);
    expect(subject.takeRequests()).to.deep.equal(['manifest v1']);
  });

  it('are told no sooner than they are gone, before anything is asked', async () => {
    const { subject } = withImage();
    expect((await subject.failure(image, { signal: AbortSignal.abort() })).code).to.equal('CANCELLED');
    expect(subject.takeRequests()).to.deep.equal([]);
  });

  it('each get an error that names the image as they wrote it', async () => {
    const subject = new ResolverWith();
    subject.registry.failure = new RunnerError('MAN_NOT_FOUND', 'for the test', { image: 'as the first one wrote it' });
    const errors = await Promise.all([
      subject.failure('fn:v9'),
      subject.failure('registry.example.com/functions/fn:v9'),
    ]);
    expect(errors.map(({ details }) => details.image)).to.deep.equal(['fn:v9', 'registry.example.com/functions/fn:v9']);
    expect(subject.takeRequests()).to.have.lengthOf(1);
  });

  it('cannot change what the others get', async () => {
    const { subject } = withImage();
    await subject.resolve(image);
    const { resolution } = await subject.resolve(image);
    const { attempts, entrypoint, platform, layers } = resolution;
    expect(attempts).to.have.lengthOf.at.least(1);
    for (const part of [resolution, entrypoint, platform, layers, attempts, ...attempts]) {
      expect(Object.isFrozen(part)).to.equal(true);
    }
  });
});

describe('callers with other credentials', () => {
  it('are not served what was resolved with the first ones', async () => {
    const { subject, digest } = withImage();
    subject.candidates = [login('a')];
    for (const name of [image, `registry.example.com/fn@${digest}`]) await subject.resolve(name);
    subject.takeRequests();
    subject.candidates = [login('b')];
    for (const name of [image, `registry.example.com/fn@${digest}`]) {
      const { cached } = await subject.resolve(name);
      expect(cached).to.equal(false);
    }
    expect(subject.takeRequests()).to.deep.equal(['manifest v1', `manifest ${digest}`]);
  });

  it('are not told the no that the first ones got', async () => {
    const { subject } = withImage();
    subject.candidates = [login('a')];
    subject.registry.failure = new RunnerError('AUTH_REFUSED', 'for the test');
    await subject.failure(image);
    subject.registry.failure = undefined;
    subject.candidates = [login('b')];
    expect((await subject.resolve(image)).cached).to.equal(false);
  });

  it('have the credential that worked tried first when the layers are pulled', async () => {
    const { subject } = withImage();
    subject.candidates = [login('second')];
    const { resolution } = await subject.resolve(image);
    subject.candidates = [login('first'), login('second')];
    await subject.resolver.session(resolution);
    expect(subject.registry.sessions.at(-1)?.map(({ key }) => key)).to.deep.equal(['second', 'first']);
  });
});

const refusals: readonly { readonly code: ErrorCode; readonly forMs: number; readonly retryAfterSeconds?: number }[] = [
  { code: 'MAN_NOT_FOUND', forMs: 30_000 },
  { code: 'REPO_NOT_FOUND', forMs: 30_000 },
  { code: 'BLOB_UNKNOWN', forMs: 30_000 },
  { code: 'NOT_A_REGISTRY', forMs: 30_000 },
  { code: 'AUTH_DENIED', forMs: 30_000 },
  { code: 'AUTH_REFUSED', forMs: 30_000 },
  { code: 'AUTH_FORBIDDEN', forMs: 30_000 },
  { code: 'RATE_LIMITED', forMs: 90_000, retryAfterSeconds: 90 },
  { code: 'RATE_LIMITED', forMs: 3_600_000, retryAfterSeconds: 86_400 },
  { code: 'RATE_LIMITED', forMs: 0 },
  { code: 'UNREACHABLE', forMs: 0 },
  { code: 'REGISTRY_UNAVAILABLE', forMs: 0 },
  { code: 'TLS_UNTRUSTED', forMs: 0 },
];

describe('a registry that says no', () => {
  for (const { code, forMs, ...details } of refusals) {
    const waits = details.retryAfterSeconds === undefined ? '' : ` for ${String(details.retryAfterSeconds)} s`;
    it(`with ${code}${waits} is believed for ${String(forMs / 1000)} s`, async () => {
      const { subject } = withImage();
      subject.registry.failure = new RunnerError(code, 'for the test', details);
      await subject.failure(image);
      subject.takeRequests();
      subject.registry.failure = undefined;
      if (forMs > 0) {
        subject.clock.advance(forMs - 1);
        expect((await subject.failure(image)).code).to.equal(code);
        expect(subject.takeRequests()).to.deep.equal([]);
        subject.clock.advance(1);
      }
      expect((await subject.resolve(image)).cached).to.equal(false);
    });
  }

  it('for a time says how much of it is left', async () => {
    const { subject } = withImage();
    subject.registry.failure = new RunnerError('RATE_LIMITED', 'for the test', { retryAfterSeconds: 90 });
    await subject.failure(image);
    subject.clock.advance(60_000);
    expect((await subject.failure(image)).details.retryAfterSeconds).to.equal(30);
  });

  it('is asked again on a refresh, but not before the time it asked for', async () => {
    const { subject } = withImage();
    subject.registry.failure = new RunnerError('MAN_NOT_FOUND', 'for the test');
    await subject.failure(image);
    subject.registry.failure = new RunnerError('RATE_LIMITED', 'for the test', { retryAfterSeconds: 90 });
    expect((await subject.failure(image, { refresh: true })).code).to.equal('RATE_LIMITED');
    subject.takeRequests();
    expect((await subject.failure(image, { refresh: true })).code).to.equal('RATE_LIMITED');
    expect(subject.takeRequests()).to.deep.equal([]);
  });
});

describe('the resolver', () => {
  it('ends with DEADLINE when a registry takes longer than the resolve timeout', async () => {
    const subject = new ResolverWith({ timeoutMs: 20 });
    subject.registry.gate = new Promise(() => undefined);
    const keepAlive = setTimeout(() => undefined, 1_000);
    expect((await subject.failure(image)).code).to.equal('DEADLINE');
    clearTimeout(keepAlive);
  });

  it('counts where its answers came from', async () => {
    const { subject } = withImage();
    await subject.resolve(image);
    await subject.resolve(image);
    subject.clock.advance(ttlMs);
    await subject.resolve(image);
    await subject.failure('::');
    expect(subject.counted).to.deep.equal([
      'resolutions registry ok',
      'resolutions cache ok',
      'resolutions stale ok',
      'resolutions none REF_FORMAT',
    ]);
  });

  it('says how long an answer took', async () => {
    const { subject, open } = gated();
    const answer = subject.resolve(image);
    await settled();
    subject.clock.advance(250);
    open();
    expect((await answer).elapsedMs).to.equal(250);
  });

  it('leaves nothing behind in the background when it is closed', async () => {
    const { subject } = withImage();
    await subject.resolve(image);
    subject.takeRequests();
    subject.clock.advance(ttlMs);
    subject.registry.gate = new Promise(() => undefined);
    await subject.resolve(image);
    subject.resolver.close();
    await settled();
    expect(subject.takeRequests()).to.deep.equal(['manifest v1']);
  });
});

function withImage(): { subject: ResolverWith; digest: string } {
  const subject = new ResolverWith();
  const digest = subject.registry.tag('v1', subject.registry.addImage());
  return { subject, digest };
}

function gated(): { subject: ResolverWith; open: () => void } {
  const { subject } = withImage();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  subject.registry.gate = promise;
  return {
    subject,
    open: () => {
      resolve(undefined);
    },
  };
}

function login(key: string): Candidate {
  return { kind: 'login', key, login: { kind: 'anonymous' }, fingerprint: `of ${key}` };
}
