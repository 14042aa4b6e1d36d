import type { Metadata } from '@grpc/grpc-js';
import { RunnerError } from '../core/errors.ts';
import { type CallerLogin, callerKey } from '../credentials/caller.ts';
import { parseCallerHeader } from '../credentials/caller-header.ts';
import { callSecurity } from './call-security.ts';

/** From whom a login is taken. */
export interface RegistryAuthRules {
  readonly isTlsServer: boolean;
  /** `--allow-insecure-registry-auth` */
  readonly allowInsecure: boolean;
}

interface Call {
  readonly metadata: Metadata;
  getPeer(): string;
}

/**
 * The registry login that came with a call.
 *
 * @throws RunnerError `PLAINTEXT_CREDENTIALS` when others could have read it on its way; `REQUEST_INVALID`
 */
export function registryAuthOf(call: Call, { isTlsServer, allowInsecure }: RegistryAuthRules): CallerLogin | undefined {
  const values = call.metadata.get(callerKey);
  if (call.metadata.get(`${callerKey}-bin`).length > 0) throw binary();
  if (values.length === 0) return undefined;
  if (!allowInsecure && callSecurity(call, isTlsServer) === 'plaintext') throw exposed();
  return parseCallerHeader(values.map(String));
}

function exposed(): RunnerError {
  return new RunnerError(
    'PLAINTEXT_CREDENTIALS',
    `the metadata ${callerKey} came over a connection that others can read; it was not used`,
    {
      hint: 'Call over TLS (--tls-cert-file, --tls-private-key-file) or from the same machine, or run the service with --allow-insecure-registry-auth. Change the password: it was sent in clear.',
    },
  );
}

function binary(): RunnerError {
  return new RunnerError('REQUEST_INVALID', `the metadata ${callerKey}-bin is not read`, {
    hint: `Send it as ${callerKey}, without -bin.`,
  });
}
