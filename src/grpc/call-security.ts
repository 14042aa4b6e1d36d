import { isLoopback } from '../core/loopback.ts';

/** Who could have read a call on its way: nobody else (`tls`), this machine only (`loopback`), or the network (`plaintext`). */
export type CallSecurity = 'tls' | 'loopback' | 'plaintext';

/**
 * How a call came in. A peer that is not known, as after its connection has ended, counts as one of the network.
 *
 * @param call A call of grpc-js; its peer is `address:port`, IPv6 without brackets.
 * @param isTlsServer Whether the server speaks TLS, which it then does with everyone.
 */
export function callSecurity(call: { getPeer(): string }, isTlsServer: boolean): CallSecurity {
  if (isTlsServer) return 'tls';
  const peer = call.getPeer();
  const address = peer.slice(0, Math.max(0, peer.lastIndexOf(':'))).replace(/%.*$/, '');
  return isLoopback(address) ? 'loopback' : 'plaintext';
}
