import { systemClock } from '../../src/core/clock.ts';
import { noCounters } from '../../src/core/counters.ts';
import { Secret } from '../../src/core/secret.ts';
import { GrpcServer } from '../../src/grpc/server.ts';
import { createJsonLog } from '../../src/observe/json-log.ts';
import { parseCaBundle } from '../../src/registry/trust/ca-bundle.ts';
import type { ClientTls } from '../../src/rpc/client-tls.ts';
import { RunnerClient } from '../../src/rpc/client.ts';
import { type Authority, createAuthority, type KeyPair } from '../../examples/registry/certificates.ts';
import { type MountedSecret, mountSecret } from '../support/mounted-secret.ts';
import { functionDouble } from './function-double.ts';

/** The files of a TLS Secret of type kubernetes.io/tls, as cert-manager writes it. */
export function tlsSecret(pair: KeyPair, clientAuthority: KeyPair): Readonly<Record<string, string>> {
  return { 'tls.crt': pair.certificatePem, 'tls.key': pair.keyPem, 'ca.crt': clientAuthority.certificatePem };
}

/** What a client trusts, and shows when it has something to show. */
export function trusting(authorities: readonly KeyPair[], own?: KeyPair, more: Partial<ClientTls> = {}): ClientTls {
  return {
    authorities: authorities.map(({ certificatePem }) => certificatePem),
    own: own && { certificate: own.certificatePem, privateKey: new Secret(own.keyPem) },
    serverName: undefined,
    verify: true,
    ...more,
  };
}

/** A server on 127.0.0.1 whose TLS files are a mounted secret that it looks at every 20 ms. */
export class TlsStage {
  readonly authority: Authority;
  readonly files: MountedSecret;
  readonly logLines: string[];
  readonly #server: GrpcServer;
  readonly #clients: RunnerClient[] = [];

  private constructor(authority: Authority, files: MountedSecret, logLines: string[], server: GrpcServer) {
    this.authority = authority;
    this.files = files;
    this.logLines = logLines;
    this.#server = server;
  }

  static async start(options: { readonly mutual: boolean }): Promise<TlsStage> {
    const authority = await createAuthority();
    const files = await mountSecret(tlsSecret(await servicePair(authority), authority));
    const logLines: string[] = [];
    const server = new GrpcServer({
      host: '127.0.0.1',
      port: 0,
      maxMessageBytes: 1024 * 1024,
      maxConcurrentEvaluations: 100,
      drainDelayMs: 0,
      drainTimeoutMs: 1000,
      maxConnectionAgeMs: 60_000,
      allowInsecureRegistryAuth: false,
      tls: {
        files: {
          certificate: files.file('tls.crt'),
          privateKey: files.file('tls.key'),
          clientCa: options.mutual ? files.file('ca.crt') : undefined,
        },
        parseCertificates: parseCaBundle,
        counters: noCounters,
        checkIntervalMs: 20,
      },
      resolver: { resolve: async () => Promise.reject(new Error('not asked')) },
      evaluator: functionDouble(async () => Promise.resolve({})),
      observe: () => undefined,
      clock: systemClock,
      log: createJsonLog({ write: (line) => logLines.push(line) }, 5),
    });
    await server.listen();
    server.health.set('SERVING');
    return new TlsStage(authority, files, logLines, server);
  }

  get address(): string {
    return this.#server.address;
  }

  get port(): number {
    return Number(this.address.split(':').at(-1));
  }

  /** A client with a connection of its own. */
  client(tls: ClientTls | undefined, address = this.address): RunnerClient {
    const client = new RunnerClient(address, -1, { tls });
    this.#clients.push(client);
    return client;
  }

  /** How many log lines have this text. */
  logged(text: string): number {
    return this.logLines.filter((line) => line.includes(text)).length;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#server.stop();
    await this.files.remove();
  }
}

/** A certificate for 127.0.0.1 and the name of the Service in the manifests. */
export async function servicePair(
  authority: Authority,
  validity: { readonly notAfter?: Date; readonly notBefore?: Date } = {},
): Promise<KeyPair> {
  return authority.issue({
    commonName: 'function-runner',
    dnsNames: ['function-runner.porch-system.svc', 'localhost'],
    ipAddresses: ['127.0.0.1'],
    ...validity,
  });
}
