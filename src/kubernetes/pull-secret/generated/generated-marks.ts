import type { ImageName } from '../../../credentials/credential-source.ts';
import { managedByLabel, manager } from '../../manager.ts';
import type { SecretObject } from '../../secret-object.ts';
import type { SecretContent } from '../node-config.ts';
import { markOf } from '../secret-marks.ts';
import type { Term } from './term.ts';

/** Label that says whose login it is: that of a program, or a caller's. */
const generatedLabel = 'fn.kpt.dev/generated-pull-secret';
const expiryAnnotation = 'fn.kpt.dev/expires-at';
const imageAnnotation = 'fn.kpt.dev/issued-for';

/** Of all secrets with logins that stand in no mounted file. */
export const generatedSelector = `${managedByLabel}=${manager},${generatedLabel}`;

export function callerMarks(): NonNullable<SecretContent['marks']> {
  return { labels: { [generatedLabel]: 'caller' }, annotations: {} };
}

/** @param image one that it was asked for */
export function issuedMarks(
  { domain, path }: ImageName,
  expiresAtMs: number | undefined,
): NonNullable<SecretContent['marks']> {
  const expiry = expiresAtMs === undefined ? 'unknown' : new Date(expiresAtMs).toISOString();
  return {
    labels: { [generatedLabel]: 'issued' },
    annotations: { [expiryAnnotation]: expiry, [imageAnnotation]: `${domain}/${path}` },
  };
}

/** What a secret says of the login in it; undefined for what is not a program's. */
export function termOf(secret: SecretObject | undefined): (Term & { readonly image: ImageName }) | undefined {
  const { labels = {}, annotations = {} } = secret?.metadata ?? {};
  const mark = secret && markOf(secret);
  const [, domain, path] = /^([^/]+)\/(.+)$/.exec(annotations[imageAnnotation] ?? '') ?? [];
  if (labels[generatedLabel] !== 'issued' || mark === undefined || domain === undefined || path === undefined)
    return undefined;
  const expiresAtMs = Date.parse(annotations[expiryAnnotation] ?? '');
  return {
    image: { domain, path },
    obtainedAtMs: mark.swappedAtMs,
    expiresAtMs: Number.isNaN(expiresAtMs) ? undefined : expiresAtMs,
  };
}
