import { RunnerError } from '../core/errors.ts';
import { isBracketedAddress, isDigits, isHostLabel } from './grammar.ts';
import { quoteInput } from './quote.ts';

const maxHostLength = 253;
const maxLabelLength = 63;
const hint = 'Write host or host:port, such as registry.example.com, 192.0.2.1:5000 or [2001:db8::1]:5000.';

/**
 * A registry's `host[:port]`, lower-case, IPv6 in brackets and in its shortest form.
 *
 * What it returns means the same host to the URL parser as to a reader: names such as `0x7f.1`, which a URL would turn
 * into another address, are refused.
 *
 * @throws RunnerError `REF_FORMAT` or `REF_TOO_LONG`
 */
export function parseDomain(text: string): string {
  const { host, port } = splitAuthority(text.toLowerCase());
  checkPort(text, port);
  const canonicalHost = isBracketedAddress(host) ? canonicalAddress(host) : checkedHostName(host);
  return port === undefined ? canonicalHost : `${canonicalHost}:${port}`;
}

/** Splits `host[:port]`; the brackets of an IPv6 address stay with the host. */
export function splitAuthority(authority: string): { readonly host: string; readonly port: string | undefined } {
  const colon = authority.indexOf(':', authority.lastIndexOf(']') + 1);
  if (colon === -1) return { host: authority, port: undefined };
  return { host: authority.slice(0, colon), port: authority.slice(colon + 1) };
}

function checkPort(domain: string, port: string | undefined): void {
  if (port === undefined) return;
  const isPlainNumber = isDigits(port) && !port.startsWith('0') && port.length <= 5;
  if (isPlainNumber && Number(port) <= 65_535) return;
  throw new RunnerError('REF_FORMAT', `${quoteInput(domain)} does not name a port from 1 to 65535`, { hint });
}

function checkedHostName(host: string): string {
  if (host.length > maxHostLength) {
    throw new RunnerError('REF_TOO_LONG', `host name is longer than ${String(maxHostLength)} characters`, { hint });
  }
  const labels = host.split('.');
  if (labels.some((label) => label.length > maxLabelLength)) {
    throw new RunnerError(
      'REF_TOO_LONG',
      `a label of the host name is longer than ${String(maxLabelLength)} characters`,
      { hint },
    );
  }
  if (!labels.every(isHostLabel) || urlHost(host) !== host) {
    throw new RunnerError('REF_FORMAT', `${quoteInput(host)} is not a host name or address`, { hint });
  }
  return host;
}

function canonicalAddress(host: string): string {
  const canonical = urlHost(host);
  if (canonical !== undefined) return canonical;
  throw new RunnerError('REF_FORMAT', `${quoteInput(host)} is not an IPv6 address`, { hint });
}

function urlHost(host: string): string | undefined {
  return URL.parse(`https://${host}`)?.hostname;
}
