/** The parts of `host[:port]`. */
export interface Authority {
  /** Without brackets. */
  readonly hostname: string;
  readonly port: number | undefined;
  /** As written, empty when there is none; `port` is `undefined` beside it when it is no port number. */
  readonly portText: string;
}

/** Splits `host[:port]`, IPv6 in brackets. */
export function splitAuthority(authority: string): Authority {
  const afterBracket = authority.startsWith('[') ? authority.indexOf(']') + 1 : 0;
  const colon = authority.indexOf(':', afterBracket);
  const host = colon < 0 ? authority : authority.slice(0, colon);
  const portText = colon < 0 ? '' : authority.slice(colon + 1);
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  return {
    hostname: afterBracket > 0 ? host.slice(1, -1) : host,
    port: port >= 1 && port <= 65_535 ? port : undefined,
    portText,
  };
}

/** `host:port`, IPv6 in brackets. */
export function joinAuthority(hostname: string, port: number): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${String(port)}`;
}
