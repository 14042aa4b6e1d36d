import type { Options } from './config/options.ts';
import type { Counters } from './core/counters.ts';
import type { Log } from './core/log.ts';
import type { GrpcServerOptions } from './grpc/server.ts';
import { parseCaBundle } from './registry/trust/ca-bundle.ts';

/** What the flags say of the gRPC server's TLS; undefined for plaintext. */
export function serverTls(
  { tlsCertFile, tlsPrivateKeyFile, clientCaFile }: Pick<Options, 'tlsCertFile' | 'tlsPrivateKeyFile' | 'clientCaFile'>,
  { log, counters }: { readonly log: Log; readonly counters: Counters },
): GrpcServerOptions['tls'] {
  if (tlsCertFile === '') return undefined;
  return {
    files: {
      certificate: tlsCertFile,
      privateKey: tlsPrivateKeyFile,
      clientCa: clientCaFile === '' ? undefined : clientCaFile,
    },
    parseCertificates: (bytes, file) =>
      parseCaBundle(bytes, file, (warning) => {
        log.warn('TLS file is not quite right', { file, warning });
      }),
    counters,
  };
}
