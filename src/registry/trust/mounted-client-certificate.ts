import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import type { Counters } from '../../core/counters.ts';
import { toRunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { readTlsFiles, tlsIdentity } from '../../core/tls-files.ts';
import type { TlsContent, TlsFiles } from '../../core/tls-files.ts';
import { parseCaBundle } from './ca-bundle.ts';
import type { KeyedCertificate } from './client-certificate.ts';

export interface MountedClientCertificateOptions {
  /** Holds `tls.crt` and `tls.key`, as a mounted Secret of type kubernetes.io/tls does. */
  readonly folder: string;
  readonly log: Log;
  readonly counters: Counters;
  readonly clock: Clock;
}

/** How long a look at the disk is believed. */
const checkIntervalMs = 1000;
const fileKind = 'client-certificate';
const whenMissing =
  'Put tls.crt and tls.key beside ca.crt into the Secret that is mounted at --tls-secret-path, or leave --registry-client-certificate out.';

/**
 * The certificate that is shown to registries, read anew when its files are replaced. What cannot be used then leaves the
 * one before in place, with one warning.
 */
export class MountedClientCertificate {
  readonly #options: MountedClientCertificateOptions;
  readonly #files: TlsFiles;
  #certificate: KeyedCertificate;
  /** The version that was last looked at, good or bad. */
  #identity: string;
  #checkedAtMs: number;
  #looking: Promise<void> | undefined;

  private constructor(options: MountedClientCertificateOptions, files: TlsFiles, content: TlsContent) {
    this.#options = options;
    this.#files = files;
    this.#certificate = certificateOf(content);
    this.#identity = content.identity;
    this.#checkedAtMs = options.clock.now();
    this.#sayLoaded('client certificate for registries loaded', content);
  }

  /** @throws {RunnerError} `CFG_OPTION`, `CFG_CA` naming the file that is missing or cannot be used */
  static async open(options: MountedClientCertificateOptions): Promise<MountedClientCertificate> {
    const { folder } = options;
    const files = {
      certificate: join(folder, 'tls.crt'),
      privateKey: join(folder, 'tls.key'),
      clientCa: undefined,
      whenMissing,
    };
    return new MountedClientCertificate(options, files, await readTlsFiles(files, parseCaBundle));
  }

  /** The last good one, after a look at the disk if the last look is old enough. */
  async current(): Promise<KeyedCertificate> {
    if (this.#options.clock.now() - this.#checkedAtMs >= checkIntervalMs) {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
      await this.#looking;
    }
    return this.#certificate;
  }

  async #look(): Promise<void> {
    const { clock, counters, log } = this.#options;
    this.#checkedAtMs = clock.now();
    const identity = await tlsIdentity(this.#files);
    if (identity === this.#identity) return;
    this.#identity = identity;
    try {
      const content = await readTlsFiles(this.#files, parseCaBundle);
      this.#identity = content.identity;
      const certificate = certificateOf(content);
      if (certificate.key === this.#certificate.key) return;
      this.#certificate = certificate;
      counters.add('mounted_file_reloads', { file: fileKind, outcome: 'ok' });
      this.#sayLoaded('client certificate for registries changed', content);
    } catch (thrown) {
      const { code, message, details } = toRunnerError(thrown);
      counters.add('mounted_file_reloads', { file: fileKind, outcome: 'failed' });
      const values = { code, error: message, hint: details.hint };
      log.warn('new client certificate for registries cannot be used; keeping the last good one', values);
    }
  }

  #sayLoaded(message: string, { validToMs }: TlsContent): void {
    const { clock, log } = this.#options;
    const values = { certificate: this.#files.certificate, validTo: new Date(validToMs).toISOString() };
    log.info(message, values);
    if (validToMs <= clock.now()) log.warn('client certificate for registries has ended; they refuse it', values);
  }
}

function certificateOf({ certificates, privateKey }: TlsContent): KeyedCertificate {
  const certificate = certificates.join('\n');
  const key = createHash('sha256').update(certificate).update('\0').update(privateKey.reveal()).digest('hex');
  return { key, certificate, privateKey };
}
