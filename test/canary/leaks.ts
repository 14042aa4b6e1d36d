/** Shorter ones would be found by chance. */
const minSecretChars = 8;
const edgeChars = 3;
const maxLineChars = 2000;

/**
 * The secrets of `secrets` that stand in `text`: as they are, percent-encoded, JSON-escaped, in hexadecimal, or within
 * anything in base64 or base64url, whatever stands before and after them there.
 */
export function leaksIn(text: string, secrets: readonly string[]): readonly string[] {
  return secrets.filter(
    (secret) => secret.length >= minSecretChars && formsOf(secret).some((form) => text.includes(form)),
  );
}

/** The lines of `text` that hold secrets, cut to a bearable length: what to look at when there are some. */
export function leakingLines(text: string, secrets: readonly string[]): readonly string[] {
  return text
    .split('\n')
    .filter((line) => leaksIn(line, secrets).length > 0)
    .map((line) => line.slice(0, maxLineChars));
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams([['', secret]]).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('hex'),
    ...[0, 1, 2].flatMap((offset) => base64Within(bytes, offset)),
  ];
}

/** What base64 makes of the bytes when `offset` more stand before them, without the characters that its neighbours decide. */
function base64Within(bytes: Buffer, offset: number): readonly string[] {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
  const whole = padded.toString('base64').replace(/=+$/u, '');
  const inner = whole.slice(offset === 0 ? 0 : edgeChars, padded.length % 3 === 0 ? undefined : -1);
  return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')];
}
