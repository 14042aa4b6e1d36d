/** Our own reason not to dial an address; `message` may be shown. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
  readonly code = 'ERR_ADDRESS_REFUSED';
}

/** The server asked for a client certificate, was shown none, and closed the connection before any answer. */
export class UnprovenError extends Error {
  override readonly name = 'UnprovenError';
  readonly code = 'ERR_UNPROVEN';
}

/** The proxy itself could not be reached or trusted: nothing that happened says anything about the registry. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code = 'ERR_PROXY';
}
