import type { Secret } from '../../core/secret.ts';
import type { ClientCertificate } from '../cluster-access.ts';

/** One way to say who we are. */
export interface AccessCredential {
  /** The whole Authorization header; undefined where the certificate says it. @throws {RunnerError} */
  authorization(signal: AbortSignal): Promise<Secret | undefined>;
  /** Known after the first `authorization`. */
  readonly clientCertificate: ClientCertificate | undefined;
  /** The last authorization got 401. */
  refused(): void;
}
