import type { ServerCredentials } from '@grpc/grpc-js';
import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { type CertificateAge, certificateAge } from './certificate-age.ts';
import { RotatingCredentials } from './rotating-credentials.ts';
import {
  type ParseCertificates,
  readTlsFiles,
  type TlsContent,
  type TlsFiles,
  tlsIdentity,
} from '../../core/tls-files.ts';

export interface ServerTlsOptions {
  readonly files: TlsFiles;
  readonly parseCertificates: ParseCertificates;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  /** How often the files are looked at, in milliseconds. Default 1000. */
  readonly checkIntervalMs?: number;
}

const defaultCheckIntervalMs = 1000;

/**
 * The TLS side of the gRPC server: follows its files, which are replaced while it runs. A new version that cannot be used
 * leaves the last good one in place, with one warning.
 */
export class ServerTls {
  readonly #options: ServerTlsOptions;
  readonly #credentials: RotatingCredentials;
  readonly #closing = new AbortController();
  readonly #watching: Promise<void>;
  #content: TlsContent;
  /** The version that was last looked at, good or bad. */
  #identity: string;
  #age: CertificateAge = 'fresh';

  private constructor(options: ServerTlsOptions, content: TlsContent) {
    this.#options = options;
    this.#content = content;
    this.#identity = content.identity;
    this.#credentials = new RotatingCredentials(content);
    this.#sayAge();
    this.#watching = this.#watch();
  }

  /** @throws {RunnerError} `CFG_OPTION`, `CFG_CA` naming the file that cannot be used */
  static async open(options: ServerTlsOptions): Promise<ServerTls> {
    const tls = new ServerTls(options, await readTlsFiles(options.files, options.parseCertificates));
    const { certificate, clientCa } = options.files;
    options.log.info('TLS certificate loaded', { certificate, clientCa, validTo: tls.#validTo() });
    return tls;
  }

  get credentials(): ServerCredentials {
    return this.#credentials;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { clock, checkIntervalMs = defaultCheckIntervalMs } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await clock.delay(checkIntervalMs, signal).catch(() => undefined);
      if (!signal.aborted) await this.#look();
    }
  }

  async #look(): Promise<void> {
    const identity = await tlsIdentity(this.#options.files);
    if (identity !== this.#identity) {
      this.#identity = identity;
      await this.#reload();
    }
    this.#sayAge();
  }

  async #reload(): Promise<void> {
    const { counters, log, files } = this.#options;
    try {
      const content = await readTlsFiles(this.#options.files, this.#options.parseCertificates);
      this.#identity = content.identity;
      const isSame = hasSameParts(content, this.#content);
      this.#content = content;
      if (isSame) return;
      this.#credentials.use(content);
      this.#age = 'fresh';
      counters.add('mounted_file_reloads', { file: 'tls', outcome: 'ok' });
      log.info('TLS certificate changed', { certificate: files.certificate, validTo: this.#validTo() });
    } catch (thrown) {
      const { code, message, details } = toRunnerError(thrown);
      counters.add('mounted_file_reloads', { file: 'tls', outcome: 'failed' });
      log.warn('new TLS files cannot be used; keeping the last good ones', {
        code,
        error: message,
        hint: details.hint,
      });
    }
  }

  /** Says it when it changes: once, not at each look. */
  #sayAge(): void {
    const age = certificateAge(this.#content.validToMs, this.#options.clock.now());
    if (age === this.#age) return;
    this.#age = age;
    const { log, files } = this.#options;
    const values = { certificate: files.certificate, validTo: this.#validTo(), hint: 'Renew it.' };
    if (age === 'ends-soon') log.warn('TLS certificate ends within 14 days', values);
    if (age === 'ended') log.warn('TLS certificate has ended; clients refuse it', values);
  }

  #validTo(): string {
    return new Date(this.#content.validToMs).toISOString();
  }
}

function hasSameParts(one: TlsContent, other: TlsContent): boolean {
  const texts = ({ certificates, clientCas }: TlsContent): string => JSON.stringify([certificates, clientCas]);
  return texts(one) === texts(other) && one.privateKey.reveal().equals(other.privateKey.reveal());
}
