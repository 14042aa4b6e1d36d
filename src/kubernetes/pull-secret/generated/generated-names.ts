import { createHash } from 'node:crypto';

const maxNameLength = 253;
const issuedDigits = 16;
/** Hexadecimal digits that tell callers apart: 128 bits. */
export const callerDigits = 32;

/** Another replica may be about to create a pod with it. */
const issuedUnusedMs = 10 * 60_000;
/** What a caller lent for one call is not kept any longer than that takes. */
const callerUnusedMs = 2 * 60_000;

/**
 * Name of the secret with the login of a program; the same while only the login changes.
 *
 * @param base `--registry-auth-secret-name`
 * @param scope see `Issued.scope`
 */
export function issuedName(base: string, scope: string): string {
  return suffixed(base, createHash('sha256').update(scope).digest('hex').slice(0, issuedDigits));
}

/** @param digest of the login, made with a secret key: {@link callerDigits} hexadecimal digits */
export function callerName(base: string, digest: string): string {
  return suffixed(base, digest);
}

/** What marks the content of a caller's secret, which its name stands for: 64 hexadecimal digits. */
export function callerMark(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

/** Name of the secret with the key of those digests. */
export function callerKeyName(base: string): string {
  return suffixed(base, 'caller-key');
}

/** How long a secret has to be unused before it goes; undefined for a name that is none of these. */
export function unusedMsOf(base: string, name: string): number | undefined {
  if (isSuffixed(base, name, issuedDigits)) return issuedUnusedMs;
  return isSuffixed(base, name, callerDigits) ? callerUnusedMs : undefined;
}

function suffixed(base: string, suffix: string): string {
  return `${base.slice(0, maxNameLength - suffix.length - 1)}-${suffix}`;
}

function isSuffixed(base: string, name: string, digits: number): boolean {
  const suffix = name.slice(-digits);
  return suffix.length === digits && /^[0-9a-f]*$/.test(suffix) && suffixed(base, suffix) === name;
}
