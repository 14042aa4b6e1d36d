import { readFirst } from '../core/mounted-file-read.ts';
import type { Check } from './check.ts';
import type { Patient } from './patient.ts';
import { failed, ok, problem, type Remark, skipped, warning } from './remark.ts';

/** The public keys of those who sign images. */
export function signatureKeysCheck({ options }: Patient): Check {
  const { verifyImages, allowedRegistries } = options;
  return {
    name: 'signature keys',
    timeoutMs: 5000,
    run: async () => {
      if (verifyImages.length === 0) return [skipped('', 'no image has to be signed: no --verify-images')];
      const { parseVerifyOption } = await import('../signatures/verify-option.ts');
      const rules = verifyImages.map(parseVerifyOption);
      const files = new Set(rules.flatMap((rule) => rule.files));
      const coversAll = rules.some(({ pattern }) => pattern === undefined);
      const keys = await Promise.all([...files].map(keyRemark));
      return coversAll || allowedRegistries.length > 0 ? keys : [...keys, wayAround];
    },
  };
}

/** Whoever may name an image can have it from somewhere else. */
const wayAround = warning(
  '',
  'images that match no pattern of --verify-images run unsigned, from any registry',
  'Give a rule without a pattern as well, or name the registries that images may come from with --allowed-registries.',
);

async function keyRemark(file: string): Promise<Remark> {
  const { parsePublicKeys } = await import('../signatures/public-key.ts');
  try {
    const read = await readFirst([file], 'verification key');
    if (read === undefined)
      return problem(file, 'there is no such file', 'Name files of public keys with --verify-images.');
    const { length } = parsePublicKeys(read.bytes, file);
    return ok(file, length === 1 ? '1 key' : `${String(length)} keys`);
  } catch (thrown) {
    return failed(file, thrown);
  }
}
