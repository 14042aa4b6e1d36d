/**
 * The beginning of what a function wrote, fit for one line of an error: control characters are escaped as in JSON,
 * and what was cut says its size.
 */
export function excerpt(bytes: Uint8Array, maxBytes: number): string {
  const text = new TextDecoder().decode(bytes.subarray(0, maxBytes)).replace(/\uFFFD$/u, '');
  const line = text.replaceAll(/\p{Cc}/gu, (character) =>
    JSON.stringify(character).slice(1, -1).replace('\u007F', '?'),
  );
  return bytes.length > maxBytes ? `${line}… (${String(bytes.length)} bytes)` : line;
}
