import { RunnerError } from '../core/errors.ts';
import type { Reference } from '../image/reference.ts';
import { type Findings, findingsText, isNothing } from './findings.ts';

/** The image must not run: `SIGNATURE_MISSING` where nobody has signed it, `SIGNATURE_INVALID` where nobody who may has. */
export function notSigned(
  { domain, path, input }: Reference,
  digest: string,
  files: readonly string[],
  findings: Findings,
): RunnerError {
  const image = `${domain}/${path}@${digest}`;
  const sign = `cosign sign --key KEY --use-signing-config=false --tlog-upload=false ${image}`;
  const keys = files.join(', ');
  const details = { image: input, registry: domain, ...(files.length === 1 ? { file: keys } : {}) };
  if (isNothing(findings)) {
    return new RunnerError('SIGNATURE_MISSING', `${image} has no cosign signature, and needs one by a key of ${keys}`, {
      ...details,
      hint: `Sign it: ${sign}`,
    });
  }
  const message = `${image} has no valid signature by a key of ${keys}; there is ${findingsText(findings)}`;
  return new RunnerError('SIGNATURE_INVALID', message, {
    ...details,
    hint: `Sign it with that key: ${sign}; or add its signer's public key to --verify-images.`,
  });
}
