import { parseReferrers, parseSignatureManifest } from '../../../src/signatures/signature-manifest.ts';
import { parseBundle, signedDigests } from '../../../src/signatures/sigstore-bundle.ts';
import { simpleSigningDigest } from '../../../src/signatures/simple-signing.ts';
import {
  bundleType,
  cosignArtifactType,
  makeSigner,
  manifestOf,
  referrersOf,
  statementFor,
} from '../../signatures/made-signatures.ts';
import { recordedBundle, recordedDigest, recordedPayload } from '../../signatures/recorded.ts';
import type { Target } from '../target.ts';
import { texts } from '../target.ts';

const signer = makeSigner();
const manifest = manifestOf([signer.simple(recordedDigest), signer.bundle(recordedDigest)]);

/** One target for each document that stands where signatures stand. */
export const signatureDocuments: readonly Target[] = [
  target('manifest of signatures', manifest.bytes, parseSignatureManifest),
  target(
    'index of referrers',
    referrersOf([
      [manifest, cosignArtifactType],
      [manifest, undefined],
    ]).bytes,
    parseReferrers,
  ),
  target('sigstore bundle', recordedBundle, parseBundle),
  target('statement of a signature', Buffer.from(JSON.stringify(statementFor(recordedDigest))), signedDigests),
  target('payload of a signature', recordedPayload({ repository: 'registry.example/team/fn' }), simpleSigningDigest),
];

function target(name: string, document: Buffer, parse: (input: Buffer) => unknown): Target {
  return {
    name,
    isJson: true,
    codes: ['SIGNATURE_INVALID', 'MAN_TYPE'],
    corpus: [document],
    tokens: texts(
      '"critical":{',
      '"dsseEnvelope":{',
      '"layers":[',
      '"manifests":[',
      '"annotations":{',
      '"subject":[',
      '"sig":"',
      bundleType,
      recordedDigest,
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '=',
      '\\u0061',
    ),
    maxBytes: 65_536,
    parse,
  };
}
