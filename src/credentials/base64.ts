/**
 * Standard base64 as Go's decoder takes it: line breaks are ignored, padding may be missing but not be wrong, and any
 * other character makes it undefined. Node's own decoder skips what it does not know.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const joined = text.replaceAll(/[\r\n]/g, '');
  const padded = joined.endsWith('==') ? 2 : joined.endsWith('=') ? 1 : 0;
  const digits = joined.slice(0, joined.length - padded);
  const missing = (4 - (digits.length % 4)) % 4;
  if (missing === 3 || (padded > 0 && padded !== missing)) return undefined;
  return /^[A-Za-z0-9+/]*$/.test(digits) ? Buffer.from(digits, 'base64') : undefined;
}
