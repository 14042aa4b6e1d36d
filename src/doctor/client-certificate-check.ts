import { join } from 'node:path';
import { readTlsFiles } from '../core/tls-files.ts';
import { parseCaBundle } from '../registry/trust/ca-bundle.ts';
import { chainRemarks } from './certificate-remarks.ts';
import type { Check } from './check.ts';
import type { Patient } from './patient.ts';
import { skipped } from './remark.ts';

/** What the runner shows to registries that want to know their clients. */
export function clientCertificateCheck({ options, nowMs }: Patient): Check {
  const folder = options.tlsSecretPath;
  return {
    name: 'client certificate',
    subject: folder,
    timeoutMs: 5000,
    run: async () => {
      if (!options.registryClientCertificate) return [skipped('', 'not used without --registry-client-certificate')];
      const certificate = join(folder, 'tls.crt');
      const files = {
        certificate,
        privateKey: join(folder, 'tls.key'),
        clientCa: undefined,
        whenMissing: `Put tls.crt and tls.key into the Secret that is mounted at ${folder}.`,
      };
      return chainRemarks(certificate, (await readTlsFiles(files, parseCaBundle)).certificates, nowMs);
    },
  };
}
