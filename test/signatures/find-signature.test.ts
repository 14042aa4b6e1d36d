import { expect } from 'chai';
import { RunnerError, toRunnerError } from '../../src/core/errors.ts';
import { digestOf } from '../../src/image/digest.ts';
import { findSignature } from '../../src/signatures/find-signature.ts';
import { type Findings, findingsText, noFindings } from '../../src/signatures/findings.ts';
import { parsePublicKeys } from '../../src/signatures/public-key.ts';
import {
  blobOf,
  bundleType,
  cosignArtifactType,
  makeSigner,
  manifestOf,
  payloadFor,
  type SignedBlob,
  statementFor,
} from './made-signatures.ts';
import { MemoryHost } from './memory-host.ts';
import { recordedBundle, recordedDigest, recordedSignatures } from './recorded.ts';

const digest = digestOf(Buffer.from('an image'));
const other = digestOf(Buffer.from('another image')).text;
const mine = makeSigner();
const theirs = makeSigner();
const [key] = parsePublicKeys(Buffer.from(mine.publicPem), 'cosign.pub');

describe('a signature is found', () => {
  for (const { where, put } of [
    { where: "under cosign's tag", put: (host: MemoryHost, signed: SignedBlob) => host.tag(digest.text, [signed]) },
    { where: 'as a referrer', put: (host: MemoryHost, signed: SignedBlob) => host.refer([signed], cosignArtifactType) },
    {
      where: 'as a referrer whose type the index does not say',
      put: (host: MemoryHost, signed: SignedBlob) => host.refer([signed], undefined),
    },
    {
      where: 'as a referrer whose type the index says is that of the empty config',
      put: (host: MemoryHost, signed: SignedBlob) => host.refer([signed], 'application/vnd.oci.empty.v1+json'),
    },
  ]) {
    it(`${where}, by simple signing`, async () => {
      const host = new MemoryHost();
      put(host, mine.simple(digest.text));
      expect(await found(host)).to.equal('signed');
    });

    it(`${where}, in a bundle`, async () => {
      const host = new MemoryHost();
      put(host, mine.bundle(digest.text));
      expect(await found(host)).to.equal('signed');
    });
  }

  it('among others, beside broken ones', async () => {
    const host = new MemoryHost();
    const broken = { ...mine.simple(digest.text), annotations: { 'dev.cosignproject.cosign/signature': '§' } };
    host.tag(digest.text, [theirs.simple(digest.text), broken]);
    host.refer([theirs.bundle(digest.text)], bundleType);
    host.refer([mine.bundle(digest.text)], bundleType);
    host.refer([], bundleType, blobOf('application/vnd.oci.image.manifest.v1+json', 'not JSON'));
    expect(await found(host)).to.equal('signed');
  });

  it('as cosign has bundled it', async () => {
    const host = new MemoryHost();
    const pem = recordedSignatures[0]?.publicPem ?? '';
    host.refer([{ blob: blobOf(bundleType, recordedBundle.toString()), annotations: {} }], bundleType);
    const wanted = {
      digest: { ...digest, text: recordedDigest },
      keys: parsePublicKeys(Buffer.from(pem), 'cosign.pub'),
    };
    const signer = await findSignature(host, { ...wanted, findings: noFindings() }, AbortSignal.timeout(5000));
    expect(signer?.file).to.equal('cosign.pub');
  });

  it('by the newest first, and nothing is asked for beyond it', async () => {
    const host = new MemoryHost();
    const newest = mine.simple(digest.text);
    host.tag(digest.text, [theirs.simple(digest.text), newest]);
    expect(await found(host)).to.equal('signed');
    expect(host.requests).to.deep.equal([
      `manifest ${digest.text.replace(':', '-')}.sig`,
      `blob ${newest.blob.digest}`,
    ]);
  });
});

describe('no signature is found', () => {
  const simple = mine.simple(digest.text);
  const withPayload = (payload: string): SignedBlob => mine.simple(digest.text, payload);
  for (const { what, signed, says } of [
    { what: 'where there is none', signed: [], says: '' },
    { what: 'by another key', signed: [theirs.simple(digest.text)], says: 'one by another key' },
    {
      what: 'by another key, twice',
      signed: [theirs.simple(digest.text), theirs.simple(digest.text, `${payloadFor(digest.text)} `)],
      says: '2 by another key',
    },
    { what: 'of another image', signed: [mine.simple(other)], says: `one by the right key, but of ${other}` },
    {
      what: 'of another payload than the one beside it',
      signed: [{ ...simple, annotations: mine.simple(other).annotations }],
      says: 'one by another key',
    },
    {
      what: 'of another kind of payload',
      signed: [withPayload(payloadFor(digest.text).replace('cosign container image', 'atomic container'))],
      says: 'one that cannot be used (the payload is a "atomic container signature")',
    },
    {
      what: 'of a payload that names no digest',
      signed: [withPayload('{"critical":{"image":{},"type":"cosign container image signature"}}')],
      says: 'names no docker-manifest-digest',
    },
    { what: 'of a payload that is not JSON', signed: [withPayload('hello')], says: 'the payload is not JSON' },
    { what: 'of a payload without content', signed: [withPayload('null')], says: 'the payload is not a JSON object' },
    {
      what: 'of a payload over 1 MiB',
      signed: [withPayload(payloadFor(digest.text) + ' '.repeat(1024 * 1024))],
      says: 'a payload has 10',
    },
    { what: 'that is not base64', signed: [unsigned('not base64!')], says: 'a signature is not base64' },
    { what: 'that is empty', signed: [unsigned('')], says: 'one by another key' },
    { what: 'without the annotation', signed: [{ ...simple, annotations: {} }], says: '' },
    { what: 'in a bundle by another key', signed: [theirs.bundle(digest.text)], says: 'one by another key' },
    { what: 'in a bundle of another image', signed: [mine.bundle(other)], says: `but of ${other}` },
    {
      what: 'in a bundle that says something else of the image',
      signed: [mine.bundle(digest.text, { predicateType: 'https://slsa.dev/provenance/v1' })],
      says: 'another one than that the image is signed',
    },
    { what: 'in a bundle without subject', signed: [mine.bundle(digest.text, { subject: null })], says: 'no subject' },
    {
      what: 'in a bundle with an odd subject',
      signed: [mine.bundle(digest.text, { subject: [null, {}, { digest: [] }, { digest: { sha512: digest.hex } }] })],
      says: `but of sha512:${digest.hex}`,
    },
    {
      what: 'in a bundle without an envelope',
      signed: [{ blob: blobOf(bundleType, '{"messageSignature":{}}'), annotations: {} }],
      says: 'no DSSE envelope',
    },
    {
      what: 'in a bundle with more than 10 signatures',
      signed: [
        { blob: blobOf(bundleType, envelope(Array.from({ length: 11 }, () => ({ sig: 'AAAA' })))), annotations: {} },
      ],
      says: 'more than 10',
    },
    {
      what: 'in a bundle without signatures',
      signed: [{ blob: blobOf(bundleType, envelope([])), annotations: {} }],
      says: 'has no signature',
    },
    {
      what: 'in a bundle of another type of payload',
      signed: [{ blob: blobOf(bundleType, envelope([{ sig: 'AAAA' }], 'text/plain')), annotations: {} }],
      says: 'no in-toto statement',
    },
  ] as const satisfies readonly { what: string; signed: readonly SignedBlob[]; says: string }[]) {
    for (const where of ['tag', 'referrer'] as const) {
      it(`${what}: ${where}`, async () => {
        const host = new MemoryHost();
        if (where === 'tag') host.tag(digest.text, signed);
        else host.refer(signed, cosignArtifactType);
        const text = await found(host);
        if (says === '') expect(text).to.equal('');
        else expect(text).to.include(says);
      });
    }
  }

  for (const { what, manifest, says } of [
    { what: 'is not JSON', manifest: 'x', says: 'the manifest is not JSON' },
    { what: 'is a list', manifest: '[]', says: 'the manifest is not a JSON object' },
    { what: 'has no layers', manifest: '{}', says: 'its layers are no list' },
    { what: 'has layers that are none', manifest: '{"layers":[1]}', says: 'layer 1 is missing' },
    {
      what: 'has a layer whose digest leads elsewhere',
      manifest: '{"layers":[{"mediaType":"a/b","size":1,"digest":"sha256:../../x"}]}',
      says: 'layer 1 has an invalid digest',
    },
  ]) {
    it(`in a manifest that ${what}`, async () => {
      const host = new MemoryHost();
      host.tag(digest.text, [], blobOf('application/vnd.oci.image.manifest.v1+json', manifest));
      expect(await found(host)).to.include(says);
    });
  }

  it('where the payload is missing', async () => {
    const host = new MemoryHost();
    host.tag(digest.text, [], manifestOf([simple]));
    expect(await found(host)).to.include('is missing');
  });

  it('among referrers of other types, which are not asked for', async () => {
    const host = new MemoryHost();
    host.refer([mine.simple(digest.text)], 'application/spdx+json');
    expect(await found(host)).to.equal('');
    expect(host.requests).to.have.length(2);
  });

  it('in bundles whose manifest says that they are about something else, which are not asked for', async () => {
    const host = new MemoryHost();
    const signed = [mine.bundle(digest.text)];
    const annotations = { 'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1' };
    host.refer(signed, bundleType, manifestOf(signed, { annotations }));
    expect(await found(host)).to.equal('');
    expect(host.requests.filter((request) => request.startsWith('blob'))).to.deep.equal([]);
  });

  it('beyond the last 100 of a manifest', async () => {
    const host = new MemoryHost();
    const junk = Array.from({ length: 100 }, (_, at) => theirs.simple(digest.text, `{"junk":${String(at)}}`));
    host.tag(digest.text, [simple, ...junk]);
    expect(await found(host)).to.equal('100 by another key');
    expect(host.requests.filter((request) => request.startsWith('blob'))).to.have.length(100);
  });

  it('beyond the last 100 referrers', async () => {
    const host = new MemoryHost();
    for (let at = 0; at < 100; at += 1) host.refer([], bundleType, manifestOf([], { at }));
    expect(await found(host)).to.equal('');
    host.refer([mine.bundle(digest.text)], bundleType);
    expect(await found(host)).to.equal('signed');
  });

  it('beyond 100 in the manifests of referrers', async () => {
    const host = new MemoryHost();
    host.refer([mine.bundle(digest.text)], bundleType);
    for (let at = 0; at < 2; at += 1) {
      const junk = Array.from({ length: 50 }, (_, index) =>
        theirs.simple(digest.text, `[${String(at)},${String(index)}]`),
      );
      host.refer(junk, cosignArtifactType);
    }
    expect(await found(host)).to.equal('100 by another key');
  });

  it('once nobody waits for it any more', async () => {
    const host = new MemoryHost();
    host.tag(digest.text, [simple]);
    const gone = AbortSignal.abort(new RunnerError('CANCELLED', 'gone'));
    expect(await found(host, gone)).to.equal('CANCELLED');
  });

  it('where the host fails, which it passes on', async () => {
    const host = new MemoryHost();
    host.failure = new RunnerError('REGISTRY_UNAVAILABLE', 'trouble');
    expect(await found(host)).to.equal('REGISTRY_UNAVAILABLE');
  });
});

/** `signed`, else what was found instead, else the code of the failure. */
async function found(host: MemoryHost, signal: AbortSignal = AbortSignal.timeout(5000)): Promise<string> {
  const findings: Findings = noFindings();
  const keys = key === undefined ? [] : [key];
  try {
    const signer = await findSignature(host, { digest, keys, findings }, signal);
    return signer === undefined ? findingsText(findings) : 'signed';
  } catch (thrown) {
    return toRunnerError(thrown).code;
  }
}

function unsigned(signature: string): SignedBlob {
  return { ...mine.simple(digest.text), annotations: { 'dev.cosignproject.cosign/signature': signature } };
}

function envelope(signatures: readonly unknown[], payloadType = 'application/vnd.in-toto+json'): string {
  const payload = Buffer.from(JSON.stringify(statementFor(digest.text))).toString('base64');
  return JSON.stringify({ dsseEnvelope: { payload, payloadType, signatures } });
}
