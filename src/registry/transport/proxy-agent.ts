import { Pool, ProxyAgent } from '../../core/undici-parts.ts';
import type { buildConnector, Dispatcher } from 'undici';
import { ProxyError } from '../trust/connection-error.ts';
import { classifyError } from '../trust/signals.ts';
import { verifiedTls } from '../trust/tls-options.ts';
import type { TlsSettings } from '../trust/tls-options.ts';
import { withTlsReason } from './tls-reason.ts';
import type { Timeouts } from './transport-options.ts';

export interface ProxyAgentOptions {
  /** For the host behind the proxy. */
  readonly tls: TlsSettings;
  /** For a proxy that is spoken to by https itself. */
  readonly systemRoots: () => readonly string[];
  readonly timeouts: Timeouts;
  readonly common: Pool.Options;
}

/**
 * Reaches hosts by CONNECT, and by forwarding where they are spoken to in plaintext. The proxy's own user name and
 * password, if its URL has them, go to the proxy alone. Whatever fails between here and the proxy is a
 * {@link ProxyError}: a proxy that refuses a connection must not look like a registry that does.
 */
export function proxyAgent(proxy: URL, { tls, systemRoots, timeouts, common }: ProxyAgentOptions): Dispatcher {
  const proxyOrigin = proxy.origin;
  return new ProxyAgent({
    ...common,
    uri: proxy.href,
    allowH2: false,
    connectTimeout: timeouts.connectMs,
    requestTls: { ...tls, allowH2: false, timeout: timeouts.connectMs },
    ...(proxy.protocol === 'https:' ? { proxyTls: { ...verifiedTls(systemRoots()), allowH2: false } } : {}),
    // The answer to CONNECT is as much a part of connecting as the handshake is.
    clientFactory: (origin, options) =>
      new Pool(origin, { ...overProxyErrors(options, proxyOrigin), headersTimeout: timeouts.connectMs }),
    factory: (origin, options) =>
      new Pool(
        origin,
        new URL(origin).origin === proxyOrigin ? overProxyErrors(options, proxyOrigin) : throughTunnel(options),
      ),
  });
}

function throughTunnel(options: Pool.Options): Pool.Options {
  const { connect } = options;
  if (typeof connect !== 'function') return options;
  const wrapped: buildConnector.connector = (target, callback) => {
    connect(target, withTlsReason(callback));
  };
  return { ...options, connect: wrapped };
}

/** The same pool options, whose connector fails with a {@link ProxyError}. */
function overProxyErrors(options: Pool.Options, proxyOrigin: string): Pool.Options {
  const { connect } = options;
  if (typeof connect !== 'function') return options;
  const wrapped: buildConnector.connector = (target, callback) => {
    connect(target, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(new ProxyError(`the proxy ${proxyOrigin}: ${classifyError(error).reason}`, { cause: error }), null);
    });
  };
  return { ...options, connect: wrapped };
}
