/** What to say of a certificate's end: nothing, that it is near, or that it is past. */
export type CertificateAge = 'fresh' | 'ends-soon' | 'ended';

const soonMs = 14 * 86_400_000;

export function certificateAge(validToMs: number, nowMs: number): CertificateAge {
  if (validToMs <= nowMs) return 'ended';
  return validToMs - nowMs < soonMs ? 'ends-soon' : 'fresh';
}
