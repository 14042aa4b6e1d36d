import { RunnerError } from '../../core/errors.ts';
import { firstHeader } from './http-header.ts';
import { shownUrl } from '../../core/safe-text.ts';
import type { TransportResponse } from './transport-request.ts';

const redirectStatuses: ReadonlySet<number> = new Set([300, 301, 302, 303, 307, 308]);
const maxLocationBytes = 8192;

/** Where an answer sends us on to, as written; undefined for an answer that is one: a redirect without a Location is. */
export function locationOf({ status, headers }: Pick<TransportResponse, 'status' | 'headers'>): string | undefined {
  return redirectStatuses.has(status) ? firstHeader(headers, 'location') : undefined;
}

/**
 * Where a Location leads, held to the rules that need no look-up (registry-behaviour 5.6, RD2, RD8, RD9). Throws
 * `REDIRECT_REFUSED`, without the query of either URL: it may be a signature.
 */
export function redirectTarget(from: URL, location: string): URL {
  if (Buffer.byteLength(location) > maxLocationBytes) throw refusedRedirect(from, 'its Location is over 8 KiB');
  const target = URL.parse(location, from.href);
  if (target === null) throw refusedRedirect(from, 'its Location is no URL');
  const reason = refusal(from, target);
  if (reason !== undefined) throw refusedRedirect(from, reason, target);
  target.hash = '';
  return target;
}

export function refusedRedirect(from: URL, reason: string, target?: URL): RunnerError {
  const to =
    target === undefined ? '' : ` to ${target.protocol.startsWith('http') ? shownUrl(target) : target.protocol}`;
  return new RunnerError('REDIRECT_REFUSED', `${shownUrl(from)} redirects${to}; refused: ${reason}`, {
    hint: `Ask whoever runs ${from.host} why it redirects there.`,
  });
}

function refusal(from: URL, target: URL): string | undefined {
  if (target.protocol !== 'https:' && target.protocol !== 'http:') return 'only http and https are followed';
  if (target.username !== '' || target.password !== '') return 'the URL has a user name in it';
  if (from.protocol === 'https:' && target.protocol === 'http:') return 'it would leave https for http';
  return undefined;
}
