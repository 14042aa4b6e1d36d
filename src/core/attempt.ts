/** How a connection to a host was secured, in the order in which the steps are tried. */
export type ConnectionStep = 'mounted-ca' | 'system-ca' | 'insecure-tls' | 'plaintext';

/** One try of one step of the trust chain against one address; registry, token and redirect hosts alike. */
export interface Attempt {
  readonly step: ConnectionStep;
  /** `host:port`, IPv6 in brackets. */
  readonly address: string;
  readonly outcome: 'ok' | 'failed' | 'skipped';
  /** Empty when the outcome is `ok`; otherwise one line without control characters or secrets. */
  readonly reason: string;
}
