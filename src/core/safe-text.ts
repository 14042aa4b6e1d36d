import type { Secret } from './secret.ts';

const maxScannedChars = 8192;
const minRedactedChars = 4;

/**
 * Text from a foreign server made fit for a message or a log line: one line without control characters, URLs without
 * userinfo and query values (a signed query is a credential), cut at `maxChars`.
 */
export function safeText(text: string, maxChars: number): string {
  const plain = withoutControls(text.slice(0, maxScannedChars))
    .replaceAll(/(https?:\/\/)[^/\s@]{1,1024}@/gi, '$1')
    .replaceAll(/([?&][^=&\s]{1,128}=)[^&\s"'<>]+/g, '$1…');
  return plain.length <= maxChars ? plain : `${plain.slice(0, maxChars)}…`;
}

/** The URL as a message may show it: no userinfo, no query, no fragment. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/**
 * Takes the secrets out of text that a server may have echoed, those of several lines also line by line, since it may have
 * joined them. Very short ones stay: they would garble every word.
 */
export function withoutSecrets(text: string, secrets: readonly Secret[]): string {
  let clean = text;
  for (const value of secrets.flatMap(formsOf)) {
    if (value.length >= minRedactedChars) clean = clean.replaceAll(value, '[redacted]');
  }
  return clean;
}

function formsOf(secret: Secret): readonly string[] {
  const value = secret.reveal().toString('utf8');
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  return lines.length === 1 ? [value] : [value, ...lines];
}

/** Runs of control characters and white space become one space; none is left at either end. */
function withoutControls(text: string): string {
  let line = '';
  let pendingSpace = false;
  for (const char of text) {
    if (char <= ' ' || (char >= '\u007f' && char <= '\u00a0') || char === '\u2028' || char === '\u2029') {
      pendingSpace = line !== '';
      continue;
    }
    line += pendingSpace ? ` ${char}` : char;
    pendingSpace = false;
  }
  return line;
}
