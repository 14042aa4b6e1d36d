import { join } from 'node:path';
import { readFirst } from '../core/mounted-file-read.ts';
import { parseCaBundle } from '../registry/trust/ca-bundle.ts';
import { authorityRemarks } from './certificate-remarks.ts';
import type { Check } from './check.ts';
import { mountedKeys } from './mounted-keys.ts';
import type { Patient } from './patient.ts';
import { ok, problem, type Remark, skipped, warning } from './remark.ts';

/** The certificate authorities of private registries. */
export function authoritiesCheck({ options, nowMs }: Patient): Check {
  const folder = options.tlsSecretPath;
  return {
    name: 'registry CAs',
    subject: folder,
    timeoutMs: 5000,
    run: async () => {
      if (!options.enablePrivateRegistriesTls) {
        return [skipped('', "not used without --enable-private-registries-tls; the system's are")];
      }
      const read = await readFirst(
        ['ca.crt', 'ca.pem'].map((name) => join(folder, name)),
        'ca',
      );
      if (read === undefined) return [await missing(folder)];
      const cautions: Remark[] = [];
      const pems = parseCaBundle(read.bytes, read.path, (text) => {
        cautions.push(warning(read.path, text, 'Leave only CERTIFICATE blocks in it.'));
      });
      const count = pems.length === 1 ? '1 certificate' : `${String(pems.length)} certificates`;
      return [ok(read.path, `read; ${count}`), ...cautions, ...authorityRemarks(read.path, pems, nowMs)];
    },
  };
}

async function missing(folder: string): Promise<Remark> {
  const { said } = await mountedKeys(folder);
  const fix = 'Mount the secret with the CA there, with the key ca.crt, or name its folder by --tls-secret-path.';
  return problem(folder, `there is no ca.crt or ca.pem in it; ${said}`, fix);
}
