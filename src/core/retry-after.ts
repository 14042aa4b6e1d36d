const maxSeconds = 86_400;

/**
 * Seconds to wait by a Retry-After header, which holds seconds or an HTTP date (RFC 9110 section 10.2.3); at most a day.
 * Undefined when there is none, or it says neither.
 */
export function retryAfterSeconds(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text), maxSeconds);
  if (!text.endsWith('GMT')) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.min(Math.max(Math.ceil((atMs - nowMs) / 1000), 0), maxSeconds);
}
