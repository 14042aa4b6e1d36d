import { expect } from 'chai';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { failureOf } from './failure-of.ts';
import { type GuardedRunner, startRunner } from './guarded-runner.ts';
import { ttlMs } from './resolver-with.ts';
import { type ScriptedRegistry, type ServedContent, startScriptedRegistry } from './scripted-registry.ts';

const hourMs = 60 * 60 * 1000;

interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly forSeconds: number;
}

const refusals: readonly Refusal[] = [
  { status: 404, reason: 'MAN_NOT_FOUND', forSeconds: 30 },
  { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, reason: 'AUTH_REFUSED', forSeconds: 30 },
  { status: 403, reason: 'AUTH_FORBIDDEN', forSeconds: 30 },
  { status: 429, headers: { 'retry-after': '120' }, reason: 'RATE_LIMITED', forSeconds: 120 },
];

describe('what the service keeps of what registries said', () => {
  let caPem: string;
  let registry: ScriptedRegistry;
  let runner: GuardedRunner;
  let image: string;
  let first: ServedContent;

  beforeEach(async () => {
    const ca = await createAuthority({ name: 'Company CA' });
    caPem = ca.certificatePem;
    registry = await startScriptedRegistry(await ca.issue({ ipAddresses: ['127.0.0.1'] }));
    first = content('/first');
    registry.tag('v1', first);
    image = `${registry.authority}/team/fn:v1`;
    runner = await startRunner({ authority: registry.authority, caPem });
  });

  afterEach(async () => {
    await runner.stop();
    await registry.stop();
  });

  for (const { status, headers, reason, forSeconds } of refusals) {
    it(`[RT10] is ${String(status)} for ${String(forSeconds)} s, and no longer`, async () => {
      registry.behave((_, response) => {
        response.writeHead(status, headers).end();
      });
      expect((await failureOf(runner.service.resolve(image))).reason).to.equal(reason);
      registry.behave(undefined);
      registry.takeRequests();
      runner.clock.advance(forSeconds * 1000 - 1);
      expect((await failureOf(runner.service.resolve(image))).reason).to.equal(reason);
      expect(registry.takeRequests()).to.deep.equal([]);
      runner.clock.advance(1);
      expect((await runner.service.resolve(image)).digest).to.equal(first.digest);
    });
  }

  it('[RT10] says of a rate limit how long there is still to wait', async () => {
    registry.behave((_, response) => {
      response.writeHead(429, { 'retry-after': '120' }).end();
    });
    await failureOf(runner.service.resolve(image));
    runner.clock.advance(50_000);
    expect((await failureOf(runner.service.resolve(image))).retryDelaySeconds).to.equal(70);
  });

  it('[RT10] is another matter with other credentials, which are looked for as soon as the old ones are refused', async () => {
    registry.behave((request, response) => {
      if (isLogin(request.headers.authorization, 'the new one')) {
        registry.behave(undefined);
        response.writeHead(200, { 'content-type': first.mediaType }).end(first.bytes);
      } else {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      }
    });
    expect((await failureOf(runner.service.resolve(image))).reason).to.equal('AUTH_REFUSED');
    await runner.rotate('the new one');
    expect((await runner.service.resolve(image)).digest).to.equal(first.digest);
  });

  it('[PO15] ends after a while, so that a moved tag is noticed, and gives the digest to pin', async () => {
    expect((await runner.service.resolve(image)).digest).to.equal(first.digest);
    const second = content('/second');
    registry.tag('v1', second);
    runner.clock.advance(ttlMs - 1);
    expect((await runner.service.resolve(image)).digest).to.equal(first.digest);
    runner.clock.advance(ttlMs + 1);
    const moved = await runner.service.resolve(image);
    expect(moved).to.deep.include({ digest: second.digest, entrypoint: ['/second'] });
    const pinned = await runner.service.resolve(`${registry.authority}/team/fn@${first.digest}`);
    expect(pinned.entrypoint).to.deep.equal(['/first']);
    expect(runner.service.logLines.some((line) => line.includes('tag moved'))).to.equal(true);
  });

  for (const { what, status } of [
    { what: 'answers nothing', status: undefined },
    { what: 'is broken', status: 503 },
    { what: 'is too busy', status: 429 },
  ]) {
    it(`[PO15] stands in for a registry that ${what}`, async () => {
      await runner.service.resolve(image);
      runner.clock.advance(hourMs);
      registry.behave((_, response) => {
        if (status === undefined) response.destroy();
        else response.writeHead(status, { 'retry-after': '3600' }).end();
      });
      expect(await runner.service.resolve(image)).to.include({ digest: first.digest, cached: true });
    });
  }

  it('[PO15] stands in for no registry that says that the image is gone', async () => {
    await runner.service.resolve(image);
    runner.clock.advance(hourMs);
    registry.behave((_, response) => {
      response.writeHead(404).end();
    });
    expect((await failureOf(runner.service.resolve(image))).reason).to.equal('MAN_NOT_FOUND');
  });

  it('[S35] is never served stale when it came over plaintext by tag, and the log marks it', async () => {
    const plain = await startScriptedRegistry();
    const { mediaType, digest } = plain.serveImage(configOf('/plain'));
    plain.tag('v1', plain.serveImage(configOf('/plain')));
    const name = `${plain.authority}/team/fn:v1`;
    expect(await runner.service.resolve(name)).to.include({ connection: 'plaintext', digest, mediaType });
    expect(runner.service.logLines.some((line) => line.includes('does not prove') && line.includes(name))).to.equal(
      true,
    );
    runner.clock.advance(ttlMs - 1);
    expect((await runner.service.resolve(name)).cached).to.equal(true);
    runner.clock.advance(1);
    await plain.stop();
    expect((await failureOf(runner.service.resolve(name))).reason).to.equal('UNREACHABLE');
  });

  it('[S35] [TC14] [TC15] is no better where plaintext redirected to a registry that is verified', async () => {
    const plain = await startScriptedRegistry();
    plain.behave(({ target }, response) => {
      response.writeHead(307, { location: `https://${registry.authority}${target}` }).end();
    });
    const name = `${plain.authority}/team/fn:v1`;
    expect(await runner.service.resolve(name)).to.include({ connection: 'plaintext', digest: first.digest });
    expect(runner.service.logLines.some((line) => line.includes('does not prove') && line.includes(name))).to.equal(
      true,
    );
    runner.clock.advance(ttlMs);
    await plain.stop();
    expect((await failureOf(runner.service.resolve(name))).reason).to.equal('UNREACHABLE');
  });

  it('goes to nobody with other credentials, and a rotated password counts at once', async () => {
    await runner.service.resolve(image);
    registry.takeRequests();
    await runner.rotate('rotated');
    runner.clock.advance(1_000);
    const seen: string[] = [];
    registry.behave((request, response) => {
      if (isLogin(request.headers.authorization, 'rotated')) seen.push('rotated');
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    });
    expect((await failureOf(runner.service.resolve(image))).reason).to.equal('AUTH_REFUSED');
    expect(seen).to.deep.equal(['rotated']);
  });

  it('reaches one caller although another one, who asked first, gave up', async () => {
    const { promise: opened, resolve: open } = Promise.withResolvers<undefined>();
    const { promise: asked, resolve: sayAsked } = Promise.withResolvers<undefined>();
    registry.behave(async (_, response) => {
      sayAsked(undefined);
      await opened;
      response.writeHead(200, { 'content-type': first.mediaType }).end(first.bytes);
      registry.behave(undefined);
    });
    const quitter = new AbortController();
    const leaving = failureOf(runner.service.resolve(image, { signal: quitter.signal }));
    await asked;
    const hurried = failureOf(runner.service.resolve(image, { deadlineMs: 100 }));
    const staying = runner.service.resolve(image);
    quitter.abort();
    expect((await leaving).status).to.equal('CANCELLED');
    expect((await hurried).status).to.equal('DEADLINE_EXCEEDED');
    open(undefined);
    expect((await staying).digest).to.equal(first.digest);
    expect(registry.takeRequests()).to.have.lengthOf(2);
  });

  it('is asked for no more once all callers gave up', async () => {
    let ended = false;
    const { promise: asked, resolve: sayAsked } = Promise.withResolvers<undefined>();
    const { promise: gone, resolve: sayGone } = Promise.withResolvers<undefined>();
    registry.behave((_, response) => {
      response.on('close', () => {
        ended = true;
        sayGone(undefined);
      });
      sayAsked(undefined);
    });
    const quitter = new AbortController();
    const leaving = [1, 2].map(async () => failureOf(runner.service.resolve(image, { signal: quitter.signal })));
    await asked;
    quitter.abort();
    await Promise.all(leaving);
    await gone;
    expect(ended).to.equal(true);
  });

  function content(program: string): ServedContent {
    return registry.serveImage(configOf(program));
  }
});

function configOf(program: string): unknown {
  return { os: 'linux', architecture: 'amd64', config: { Entrypoint: [program] } };
}

function isLogin(authorization: string | undefined, password: string): boolean {
  const decoded = Buffer.from((authorization ?? '').replace('Basic ', ''), 'base64').toString();
  return decoded.endsWith(`:${password}`);
}
