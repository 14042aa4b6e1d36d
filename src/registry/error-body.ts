import type { Secret } from '../core/secret.ts';
import { firstHeader } from './transport/http-header.ts';
import { safeText, withoutSecrets } from '../core/safe-text.ts';
import type { TransportResponse } from './transport/transport-request.ts';

/** What an answer other than success says, in words fit for a message. */
export interface ErrorBody {
  /** The registry's codes, upper case: `MANIFEST_UNKNOWN`. */
  readonly codes: readonly string[];
  /** One line; empty when it says nothing. */
  readonly text: string;
  readonly isHtml: boolean;
}

const maxBytes = 64 * 1024;
const maxEntries = 3;
const maxTextChars = 200;
const maxHtmlChars = 50;

/**
 * Reads at most 64 KiB. A body that breaks off counts as far as it came: the status is what matters. `secrets` are what
 * was sent and may come back. The words of a host that was redirected to are left out: it may give back, in any form,
 * the signature that it was sent in the URL.
 */
export async function readErrorBody(
  response: TransportResponse,
  signal: AbortSignal,
  secrets: readonly Secret[],
): Promise<ErrorBody> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      if (chunk instanceof Buffer) chunks.push(chunk);
      bytes += chunks.at(-1)?.length ?? 0;
      if (bytes >= maxBytes) break;
    }
  } catch {
    signal.throwIfAborted();
  }
  const text = Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
  const body = parseErrorBody(text, firstHeader(response.headers, 'content-type'), secrets);
  return response.redirected ? { ...body, text: '' } : body;
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes, and what others send instead. */
export function parseErrorBody(
  text: string,
  contentType: string | undefined,
  secrets: readonly Secret[] = [],
): ErrorBody {
  const clean = withoutSecrets(text, secrets);
  if (isHtml(text, contentType)) return { codes: [], text: safeText(clean, maxHtmlChars), isHtml: true };
  const answer = parseJson(text, secrets);
  if (answer === undefined) return { codes: [], text: safeText(clean, maxTextChars), isHtml: false };
  const errors = entriesOf(answer);
  if (errors.length > 0) return { codes: errors.map((error) => error.code), text: shownEntries(errors), isHtml: false };
  const words = ['details', 'detail', 'message', 'error_description', 'error'].map((key) => answer[key]);
  const known = words.find((word) => typeof word === 'string');
  return { codes: [], text: typeof known === 'string' ? safeText(known, maxTextChars) : '', isHtml: false };
}

export function isHtml(text: string, contentType: string | undefined): boolean {
  const type = (contentType ?? '').toLowerCase();
  if (type.startsWith('text/html') || type.startsWith('application/xhtml')) return true;
  const start = text.slice(0, 200).trimStart().toLowerCase();
  return start.startsWith('<!doctype html') || start.startsWith('<html');
}

interface Entry {
  readonly code: string;
  readonly message: string;
}

function entriesOf(answer: Readonly<Record<string, unknown>>): readonly Entry[] {
  const errors = answer['errors'];
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((error: unknown) => {
    if (typeof error !== 'object' || error === null) return [];
    const { code, message }: { code?: unknown; message?: unknown } = error;
    return [{ code: wordOf(code).toUpperCase(), message: wordOf(message) }];
  });
}

function wordOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function shownEntries(entries: readonly Entry[]): string {
  const shown = entries
    .slice(0, maxEntries)
    .map((entry) => safeText([entry.code, entry.message].filter((word) => word !== '').join(': '), maxTextChars));
  const hidden = entries.length - shown.length;
  return shown.join('; ') + (hidden > 0 ? `; and ${String(hidden)} more` : '');
}

/** Secrets are taken out of what the JSON means: its text may spell any character as \u003c, and many servers do. */
function parseJson(text: string, secrets: readonly Secret[]): Readonly<Record<string, unknown>> | undefined {
  const redact = (_key: string, value: unknown): unknown =>
    typeof value === 'string' ? withoutSecrets(value, secrets) : value;
  try {
    const value: unknown = JSON.parse(text, redact);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
