import { readTlsFiles } from '../core/tls-files.ts';
import { serverTls } from '../server-tls.ts';
import { authorityRemarks, chainRemarks } from './certificate-remarks.ts';
import type { Check } from './check.ts';
import type { Patient } from './patient.ts';
import { skipped } from './remark.ts';

/** What the gRPC service shows its clients, and whom it lets in. */
export function grpcTlsCheck({ options, surroundings, nowMs }: Patient): Check {
  return {
    name: 'gRPC TLS',
    subject: options.tlsCertFile,
    timeoutMs: 5000,
    run: async () => {
      const tls = serverTls(options, surroundings);
      if (tls === undefined) return [skipped('', 'plaintext: no --tls-cert-file')];
      const { certificates, clientCas } = await readTlsFiles(tls.files, tls.parseCertificates);
      return [
        ...chainRemarks(options.tlsCertFile, certificates, nowMs),
        ...(clientCas === undefined ? [] : authorityRemarks(options.clientCaFile, clientCas, nowMs)),
      ];
    },
  };
}
