import { expect } from 'chai';
import { failureOfCall } from '../registry/protocol/use-service.ts';
import { MovableClock } from '../registry/transport/movable-clock.ts';
import type { Handler, TestServer } from '../support/http-server.ts';
import { bundleType, cosignArtifactType, makeSigner, manifestOf, referrersOf } from './made-signatures.ts';
import { addSigned, type Answers, pathOf, setSignatureStage, type SignatureStage } from './signature-stage.ts';

const indexType = 'application/vnd.oci.image.index.v1+json';

describe('the signature of an image is looked for', function () {
  this.timeout(20_000);
  let stage: SignatureStage;

  beforeEach(async () => {
    stage = await setSignatureStage();
  });

  afterEach(async () => stage[Symbol.asyncDispose]());

  function says(status: number, body: string, type = 'text/plain'): Handler {
    return (_request, response) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
  }

  /** Puts the image's signature by the tag scheme of cosign. */
  function signByTag(answers: Answers, signer = stage.signer): void {
    answers.set(pathOf.tag(stage.digest), addSigned(answers, [signer.simple(stage.digest)]));
  }

  const asked = ({ requests }: TestServer): readonly string[] => requests.map(({ target }) => target);
  const askedForSignature = (server: TestServer): readonly string[] =>
    asked(server).filter((target) => target.includes('.sig') || target.includes('referrers'));

  it('in the referrers API, page by page', async () => {
    const manifest = addSigned(stage.answers, [stage.signer.bundle(stage.digest)]);
    const other = addSigned(stage.answers, [makeSigner().bundle(stage.digest)]);
    const path = pathOf.referrers(stage.digest);
    stage.answers.set(path, ({ target }, response) => {
      const isFirst = !target.includes('page=2');
      const link = isFirst ? { link: `<${path}?page=2>; rel="next"` } : {};
      response.writeHead(200, { 'content-type': `${indexType}; charset=utf-8`, ...link });
      response.end(referrersOf([[isFirst ? manifest : other, bundleType]]).bytes);
    });
    await stage.use(async (service) => {
      expect((await service.resolve(stage.image)).digest).to.equal(stage.digest);
    });
    expect(asked(stage.registry)).to.include(`${path}?page=2`);
    expect(asked(stage.registry)).to.not.include(pathOf.fallback(stage.digest));
  });

  it('in no more than five pages', async () => {
    const path = pathOf.referrers(stage.digest);
    stage.answers.set(path, ({ target }, response) => {
      const next = Number(new URL(target, 'http://a').searchParams.get('page') ?? 0) + 1;
      response.writeHead(200, { 'content-type': indexType, link: `<${path}?page=${String(next)}>; rel="next"` });
      response.end(referrersOf([]).bytes);
    });
    const failure = await stage.use(async (service) => failureOfCall(service.resolve(stage.image)));
    expect(failure.reason).to.equal('SIGNATURE_MISSING');
    expect(askedForSignature(stage.registry)).to.have.length(6);
  });

  it('nowhere else, when the next page would be on another origin', async () => {
    const path = pathOf.referrers(stage.digest);
    const elsewhere = await stage.mirror();
    stage.answers.set(path, (_request, response) => {
      response.writeHead(200, { 'content-type': indexType, link: `<${elsewhere.url}${path}>; rel="next"` });
      response.end(referrersOf([]).bytes);
    });
    const failure = await stage.use(async (service) => failureOfCall(service.resolve(stage.image)));
    expect(failure.reason).to.equal('REDIRECT_REFUSED');
  });

  for (const { what, answer } of [
    { what: '404', answer: says(404, '404 page not found') },
    { what: '404 with a web page', answer: says(404, '<html></html>', 'text/html') },
    { what: '400', answer: says(400, '{"errors":[{"code":"NAME_INVALID"}]}', 'application/json') },
    { what: '405', answer: says(405, '') },
    { what: '406', answer: says(406, '') },
    { what: '501', answer: says(501, '') },
    { what: 'something else than an index', answer: says(200, '{}', 'application/json') },
  ]) {
    it(`under the tag that stands for the referrers API, where that answers ${what}`, async () => {
      const manifest = addSigned(stage.answers, [stage.signer.simple(stage.digest)]);
      stage.answers.set(pathOf.referrers(stage.digest), answer);
      stage.answers.set(pathOf.fallback(stage.digest), referrersOf([[manifest, cosignArtifactType]]));
      await stage.use(async (service) => {
        expect((await service.resolve(stage.image)).digest).to.equal(stage.digest);
      });
    });
  }

  it('and is not held for missing where the registry has trouble', async () => {
    stage.answers.set(pathOf.referrers(stage.digest), says(503, 'busy'));
    const failure = await stage.use(async (service) => failureOfCall(service.resolve(stage.image)), {
      clock: new MovableClock(),
    });
    expect(failure).to.include({ reason: 'REGISTRY_UNAVAILABLE', status: 'UNAVAILABLE' });
  });

  it('and a manifest that is not the one that the index names does not count', async () => {
    const signed = [stage.signer.simple(stage.digest)];
    const other = manifestOf(signed, { annotations: { a: 'b' } });
    const manifest = addSigned(stage.answers, signed);
    stage.answers.set(pathOf.manifest(manifest), other);
    stage.answers.set(pathOf.referrers(stage.digest), referrersOf([[manifest, cosignArtifactType]]));
    const failure = await stage.use(async (service) => failureOfCall(service.resolve(stage.image)));
    expect(failure.reason).to.equal('SIGNATURE_INVALID');
    expect(failure.message).to.match(/should have \d+ bytes, and \d+ came/);
  });

  it('and a payload that is not the one that was signed does not count', async () => {
    const signed = stage.signer.simple(stage.digest);
    signByTag(stage.answers);
    const other = { ...signed.blob, bytes: Buffer.from(signed.blob.bytes.toString().replace('null', 'true')) };
    stage.answers.set(`/v2/team/fn/blobs/${signed.blob.digest}`, other);
    const failure = await stage.use(async (service) => failureOfCall(service.resolve(stage.image)));
    expect(failure.reason).to.equal('SIGNATURE_INVALID');
    expect(failure.message).to.include('hashes to');
  });

  it('once for all who ask at the same time, and never again', async () => {
    signByTag(stage.answers);
    await stage.use(async (service) => {
      await Promise.all(Array.from({ length: 10 }, async () => service.resolve(stage.image)));
      expect(askedForSignature(stage.registry)).to.deep.equal([pathOf.tag(stage.digest)]);
      const requests = stage.registry.requests.length;
      await service.resolve(stage.image);
      expect(stage.registry.requests).to.have.length(requests);
      expect(await service.metrics()).to.include('signature_checks_total{outcome="ok"} 1');
    });
  });

  it('again after five seconds, where there was none', async () => {
    const clock = new MovableClock();
    await stage.use(
      async (service) => {
        for (let call = 0; call < 3; call += 1) {
          expect((await failureOfCall(service.resolve(stage.image))).reason).to.equal('SIGNATURE_MISSING');
        }
        expect(askedForSignature(stage.registry)).to.have.length(2);
        signByTag(stage.answers);
        clock.advance(5001);
        expect((await service.resolve(stage.image)).digest).to.equal(stage.digest);
      },
      { clock },
    );
  });

  describe('at mirrors first', () => {
    it('and at the registry, where a mirror has the image alone', async () => {
      const mirror = await stage.mirror();
      signByTag(stage.answers);
      await stage.use(async (service) => service.resolve(stage.image));
      expect(askedForSignature(mirror)).to.not.deep.equal([]);
      expect(new Set(askedForSignature(stage.registry))).to.deep.equal(new Set([pathOf.tag(stage.digest)]));
    });

    it('and at the registry, where a mirror has another signature', async () => {
      const answers: Answers = new Map();
      signByTag(answers, makeSigner());
      await stage.mirror(answers);
      signByTag(stage.answers);
      await stage.use(async (service) => {
        expect((await service.resolve(stage.image)).digest).to.equal(stage.digest);
      });
    });

    it('and at them alone, where one has it', async () => {
      const answers: Answers = new Map();
      signByTag(answers);
      const mirror = await stage.mirror(answers);
      await stage.use(async (service) => service.resolve(stage.image));
      expect(stage.registry.requests).to.deep.equal([]);
      expect(mirror.requests.every(({ headers }) => headers.authorization === undefined)).to.equal(true);
    });

    it('and at the registry within 2 s, where one does not answer', async () => {
      await stage.mirror(new Map<string, Handler>([[pathOf.tag(stage.digest), () => undefined]]));
      signByTag(stage.answers);
      await stage.use(async (service) => {
        const startedMs = performance.now();
        expect((await service.resolve(stage.image)).digest).to.equal(stage.digest);
        expect(performance.now() - startedMs).to.be.below(2000);
      });
    });

    it('and a mirror that was just slow is asked only where the registry fails', async () => {
      const slow: Answers = new Map<string, Handler>([[pathOf.tag(stage.digest), () => undefined]]);
      const mirror = await stage.mirror(slow);
      const clock = new MovableClock();
      await stage.use(
        async (service) => {
          expect((await failureOfCall(service.resolve(stage.image))).reason).to.equal('SIGNATURE_MISSING');
          clock.advance(5001);
          stage.answers.set(pathOf.tag(stage.digest), says(503, 'busy'));
          expect((await failureOfCall(service.resolve(stage.image))).reason).to.equal('REGISTRY_UNAVAILABLE');
          expect(askedForSignature(mirror)).to.have.length(2);
        },
        { clock },
      );
    });
  });
});
