import { isIP } from 'node:net';

/** The bytes of an IP address: 4 for IPv4, 16 for IPv6. */
export type Ip = readonly number[];

export interface Cidr {
  readonly network: Ip;
  readonly prefixBits: number;
}

/** Reads an IP literal; brackets and a zone (`%eth0`) are taken off. Names and numeric short forms give `undefined`. */
export function parseIp(text: string): Ip | undefined {
  const bare = (text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text).replace(/%[^%]*$/, '');
  const family = isIP(bare);
  if (family === 4) return bare.split('.').map(Number);
  return family === 6 ? ipv6Bytes(bare) : undefined;
}

/** Reads `address/bits`; `undefined` when it is none. A v4-in-v6 network is taken as its v4 form. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const bits = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,3}$/.test(bits) || Number(bits) > address.length * 8) return undefined;
  const network = unmapIp(address);
  const prefixBits = Number(bits) - (address.length - network.length) * 8;
  return prefixBits < 0 ? { network: address, prefixBits: Number(bits) } : { network, prefixBits };
}

export function cidrContains(cidr: Cidr, address: Ip): boolean {
  if (address.length !== cidr.network.length) return false;
  return cidr.network.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, cidr.prefixBits - index * 8));
    const mask = (0xff << (8 - bits)) & 0xff;
    return (byte & mask) === ((address[index] ?? 0) & mask);
  });
}

/** Prefixes whose last 32 bits are an IPv4 address that the packet ends up at: mapped, translated (RFC 7915), compatible and NAT64 (RFC 6052). */
const embeddingPrefixes: readonly Ip[] = [
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
  [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0],
];

/** NAT64 of a network's own: where in it the IPv4 address stands is that network's to say, at the end as a rule (RFC 8215). */
const localNat64: Ip = [0, 0x64, 0xff, 0x9b, 0, 1];

function hasPrefix(address: Ip, prefix: Ip): boolean {
  return prefix.every((byte, index) => address[index] === byte);
}

/** The IPv4 address inside an IPv6 one (mapped, compatible, NAT64, 6to4); any other address as it is. */
export function unmapIp(address: Ip): Ip {
  if (address.length !== 16) return address;
  const tail = address.slice(12);
  const isLowAddress = address.slice(0, 15).every((byte) => byte === 0);
  if (isLowAddress) return address;
  if (embeddingPrefixes.some((prefix) => hasPrefix(address, prefix)) || hasPrefix(address, localNat64)) return tail;
  return address[0] === 0x20 && address[1] === 0x02 ? address.slice(2, 6) : address;
}

/** One spelling per address: lower case, v4-in-v6 unmapped. Text that is no IP address comes back lower-cased. */
export function canonicalHost(host: string): string {
  const address = parseIp(host);
  return address === undefined ? host.toLowerCase().replace(/\.$/, '') : unmapIp(address).join('.');
}

function ipv6Bytes(text: string): Ip {
  const [head = '', tail] = text.split('::');
  const left = groupBytes(head);
  if (tail === undefined) return left;
  const right = groupBytes(tail);
  return [...left, ...Array.from({ length: 16 - left.length - right.length }, () => 0), ...right];
}

function groupBytes(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
