/** How a connection to a host was secured, in the order in which the steps are tried. */
export type ConnectionStep = 'mounted-ca' | 'system-ca' | 'insecure-tls' | 'plaintext';

/** Whether a host that was reached by this step has proved who it is. */
export function isVerified(step: ConnectionStep): boolean {
  return step === 'mounted-ca' || step === 'system-ca';
}

/** One try of one step of the trust chain against one address; registry, token and redirect hosts alike. */
export interface Attempt {
  readonly step: ConnectionStep;
  /** `host:port`, IPv6 in brackets. */
  readonly address: string;
  readonly outcome: 'ok' | 'failed' | 'skipped';
  /** Empty when the outcome is `ok`; otherwise one line without control characters or secrets. */
  readonly reason: string;
}
