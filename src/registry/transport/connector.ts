import { callbackify } from 'node:util';
import { buildConnector } from '../../core/undici-parts.ts';
import type { AddressBook } from './addresses.ts';
import { AddressRefusedError } from '../trust/connection-error.ts';
import type { TlsSettings } from '../trust/tls-options.ts';
import { withTlsReason } from './tls-reason.ts';
import type { DialTarget, ResolvedAddress } from './transport-options.ts';

export interface ConnectorOptions {
  readonly tls: TlsSettings;
  /** TCP and TLS together. */
  readonly timeoutMs: number;
  readonly book: AddressBook;
  /** Whether a socket of this pool may go to that address of the host. */
  readonly accepts: (hostname: string, port: number, address: string) => boolean;
  readonly dial: ((target: DialTarget) => DialTarget) | undefined;
}

/**
 * Opens sockets to checked addresses only: what was looked up and accepted is what is dialled, so no second look-up can
 * give another answer (registry-behaviour 7.1, S28). HTTP/1.1 only: one exchange per socket, so that a cancelled or cut
 * exchange ends its own socket and no one else's.
 */
export function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const checked = new Map<string, readonly ResolvedAddress[]>();
  const connect = buildConnector({
    ...options.tls,
    timeout: options.timeoutMs,
    allowH2: false,
    lookup: (hostname, { all }, callback) => {
      const addresses = checked.get(hostname) ?? [];
      const first = addresses[0];
      if (all === true || first === undefined) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    },
  });
  const check = callbackify(async (hostname: string, port: number) => acceptedAddresses(options, hostname, port));
  return (target, callback) => {
    const port = target.port === '' ? (target.protocol === 'https:' ? 443 : 80) : Number(target.port);
    check(target.hostname, port, (error, addresses) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      const dialled = dialledTarget(options.dial, addresses, port);
      const place = dialled === undefined ? {} : { hostname: dialled.address, port: String(dialled.port) };
      // Node asks for the addresses of a name before `connect` returns, and of a literal never.
      checked.set(target.hostname, addresses);
      connect({ ...target, ...place }, withTlsReason(callback));
      checked.delete(target.hostname);
    });
  };
}

async function acceptedAddresses(
  { book, accepts }: ConnectorOptions,
  hostname: string,
  port: number,
): Promise<readonly ResolvedAddress[]> {
  const addresses = await book.resolve(hostname);
  const refused = addresses.find(({ address }) => !accepts(hostname, port, address));
  if (refused === undefined) return addresses;
  throw new AddressRefusedError(`${hostname} now resolves to ${refused.address}, which was not checked for this call`);
}

function dialledTarget(
  dial: ConnectorOptions['dial'],
  addresses: readonly ResolvedAddress[],
  port: number,
): DialTarget | undefined {
  const first = addresses[0];
  return dial === undefined || first === undefined ? undefined : dial({ address: first.address, port });
}
