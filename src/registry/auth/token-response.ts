import { RunnerError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';

export interface IssuedToken {
  readonly token: Secret;
  /** Seconds from when it was received; the issuer's `issued_at` is by the issuer's clock and not used. */
  readonly lifeSeconds: number;
}

const defaultLifeSeconds = 60;
const maxTokenChars = 16_384;

/**
 * Reads a token service's answer (registry-behaviour 3.5): `access_token` before `token`, 60 seconds where it does not say.
 * Throws `AUTH_TOKEN`; the message never has any part of the answer in it.
 */
export function parseTokenResponse(bytes: Uint8Array): IssuedToken {
  const answer = parseObject(bytes);
  const text = [answer['access_token'], answer['token']].find((value) => typeof value === 'string' && value !== '');
  if (typeof text !== 'string') throw unusable('has no token in it');
  if (text.length > maxTokenChars) throw unusable(`has a token of ${String(text.length)} characters in it`);
  if (!/^[\x21-\x7e]+$/.test(text)) throw unusable('has a token in it that fits no HTTP header');
  return { token: new Secret(text), lifeSeconds: lifeOf(answer['expires_in']) };
}

function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // The parser's own message quotes the text, and the text may be a credential.
  }
  throw unusable('is no JSON object');
}

/** Whole seconds, as a number or in digits. */
function lifeOf(value: unknown): number {
  const seconds = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : defaultLifeSeconds;
}

function unusable(reason: string): RunnerError {
  return new RunnerError('AUTH_TOKEN', `the token service's answer ${reason}`);
}
