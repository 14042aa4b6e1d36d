import { cidrContains, parseCidr, parseIp, unmapIp } from './ip.ts';
import type { Cidr } from './ip.ts';

/** Where an IP address leads. `metadata` is where clouds have services about the machine; `unspecified` names no single host. */
export type AddressClass = 'loopback' | 'private' | 'metadata' | 'unspecified' | 'public';

/** First match wins, so the metadata addresses stand before the networks that they lie in. */
const table: readonly (readonly [AddressClass, readonly string[]])[] = [
  [
    'metadata',
    [
      '169.254.0.0/16', // AWS, Azure, Google, Oracle, OpenStack, and whatever else a node offers its pods
      'fe80::/10', // link-local as well
      'fd00:ec2::/32', // AWS: instances, EKS pod identity
      '100.100.100.200/32', // Alibaba
      '168.63.129.16/32', // Azure wire server
      '192.0.0.192/32', // Oracle, first generation
      'fd20:ce::254/128', // Google
    ],
  ],
  ['unspecified', ['0.0.0.0/8', '::/128', '224.0.0.0/4', '255.255.255.255/32', 'ff00::/8']],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fec0::/10']],
];

const networks: readonly (readonly [AddressClass, Cidr])[] = table.flatMap(([kind, texts]) =>
  texts.flatMap((text) => {
    const cidr = parseCidr(text);
    return cidr === undefined ? [] : [[kind, cidr] as const];
  }),
);

/**
 * The class of an IP literal; brackets, zones and v4-in-v6 forms (mapped, translated, NAT64, 6to4) are seen through. `undefined`
 * when the text is no IP address: a name has to be resolved first.
 */
export function classifyAddress(address: string): AddressClass | undefined {
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  const plain = unmapIp(ip);
  return networks.find(([, network]) => cidrContains(network, plain))?.[0] ?? 'public';
}

/** What clouds call those services, for where a proxy looks the name up: Google's and AWS's own. */
const metadataNames: ReadonlySet<string> = new Set([
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
]);

/** @param hostname lower-case, without a dot at its end */
export function isMetadataName(hostname: string): boolean {
  return metadataNames.has(hostname);
}
