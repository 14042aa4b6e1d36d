import { toRunnerError } from '../core/errors.ts';
import { safeText } from '../core/safe-text.ts';
import type { Digest } from '../image/digest.ts';
import type { Findings } from './findings.ts';
import type { VerificationKey } from './public-key.ts';
import { type SignatureHost, type SignedClaim, signedClaims } from './signed-claims.ts';

const maxShownChars = 200;

/** The key by which an image is signed at a host; undefined when it is by none, with what was found instead noted. */
export async function findSignature(
  host: SignatureHost,
  wanted: { readonly digest: Digest; readonly keys: readonly VerificationKey[]; readonly findings: Findings },
  signal: AbortSignal,
): Promise<VerificationKey | undefined> {
  const { digest, keys, findings } = wanted;
  for await (const found of signedClaims(host, digest, signal)) {
    signal.throwIfAborted();
    if (found.kind === 'unusable') {
      note(findings.unusable, found.reason);
      continue;
    }
    const key = await signerOf(found, keys);
    if (key === undefined) findings.otherKeys.add(claimId(found));
    else if (covers(found, digest, findings)) return key;
  }
  return undefined;
}

async function signerOf(
  { message, signatures }: SignedClaim,
  keys: readonly VerificationKey[],
): Promise<VerificationKey | undefined> {
  for (const key of keys) {
    for (const signature of signatures) if (await key.verifies(message, signature)) return key;
  }
  return undefined;
}

function covers(claim: SignedClaim, digest: Digest, findings: Findings): boolean {
  try {
    const digests = claim.digests();
    if (digests.includes(digest.text)) return true;
    for (const other of digests) note(findings.otherImages, other);
  } catch (thrown) {
    note(findings.unusable, toRunnerError(thrown).message);
  }
  return false;
}

function claimId({ signatures }: SignedClaim): string {
  return signatures.map((signature) => Buffer.from(signature).toString('base64')).join(' ');
}

function note(texts: Set<string>, text: string): void {
  texts.add(safeText(text, maxShownChars));
}
