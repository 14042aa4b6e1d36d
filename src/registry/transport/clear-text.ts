import { classifyAddress } from './address-class.ts';
import { joinAuthority } from '../authority.ts';
import type { InsecureRegistries } from '../trust/hosts.ts';

/** Whether `--insecure-registries` names the host: by its name, or by every address that it may be dialled at. */
export function isListed(
  list: InsecureRegistries,
  hostname: string,
  port: number,
  addresses: readonly string[],
): boolean {
  const authority = joinAuthority(hostname, port);
  if (list.matches(authority)) return true;
  return addresses.length > 0 && addresses.every((address) => list.matches(authority, address));
}

/**
 * Whether credentials may be sent to the host in clear (registry-behaviour 5.3, TC13): it is listed, or it is loopback by
 * its name as well as by its addresses. A name of somebody else's that points at loopback does not count.
 */
export function mayGetClearCredentials(
  list: InsecureRegistries,
  hostname: string,
  port: number,
  addresses: readonly string[],
): boolean {
  if (isListed(list, hostname, port, addresses)) return true;
  return isLoopbackName(hostname) && addresses.length > 0 && addresses.every(isLoopback);
}

/** RFC 6761 section 6.3 for the names. */
export function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || isLoopback(hostname);
}

function isLoopback(address: string): boolean {
  return classifyAddress(address) === 'loopback';
}
