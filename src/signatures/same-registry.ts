import { splitAuthority } from '../image/domain.ts';
import { parseIp, unmapIp } from '../registry/transport/ip.ts';

const defaultPorts = ['443', '80'];

/**
 * A registry's address in every spelling that leads to the same one, so that no other spelling gets an image around a rule:
 * with and without a port that goes without saying, and an IPv4 address in IPv6. Aliases that only DNS knows are not seen.
 *
 * @param domain as in `Reference.domain`
 */
export function sameRegistry(domain: string): readonly string[] {
  const { host, port } = splitAuthority(domain);
  const ports = port === undefined || defaultPorts.includes(port) ? [undefined, ...defaultPorts] : [port];
  return hostsOf(host).flatMap((name) => ports.map((each) => (each === undefined ? name : `${name}:${each}`)));
}

function hostsOf(host: string): readonly string[] {
  const ip = parseIp(host) ?? [];
  const plain = unmapIp(ip);
  return plain.length === ip.length ? [host] : [host, plain.join('.')];
}
