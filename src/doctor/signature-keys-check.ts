import { readFirst } from '../core/mounted-file-read.ts';
import type { Check } from './check.ts';
import type { Patient } from './patient.ts';
import { failed, ok, problem, type Remark, skipped } from './remark.ts';

/** The public keys of those who sign images. */
export function signatureKeysCheck({ options }: Patient): Check {
  const { verifyImages } = options;
  return {
    name: 'signature keys',
    timeoutMs: 5000,
    run: async () => {
      if (verifyImages.length === 0) return [skipped('', 'no image has to be signed: no --verify-images')];
      const { parseVerifyOption } = await import('../signatures/verify-option.ts');
      const files = new Set(verifyImages.flatMap((text) => parseVerifyOption(text).files));
      return Promise.all([...files].map(keyRemark));
    },
  };
}

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
