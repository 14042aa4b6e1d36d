import { cidrContains, parseCidr, parseIp, unmapIp } from './ip.ts';
import type { Cidr } from './ip.ts';

/** Where an IP address leads. `metadata` is a cloud's instance metadata service; `unspecified` names no single host. */
export type AddressClass = 'loopback' | 'private' | 'link-local' | 'metadata' | 'unspecified' | 'public';

/** First match wins, so the single metadata addresses stand before the networks that they lie in. */
const table: readonly (readonly [AddressClass, readonly string[]])[] = [
  [
    'metadata',
    [
      '169.254.169.254/32', // AWS, Azure, Google, Oracle, OpenStack
      '169.254.169.253/32', // AWS resolver
      '169.254.170.2/32', // ECS task credentials
      '169.254.170.23/32', // EKS pod identity
      '100.100.100.200/32', // Alibaba
      '168.63.129.16/32', // Azure wire server
      '192.0.0.192/32', // Oracle, first generation
      'fd00:ec2::254/128', // AWS
      'fd00:ec2::23/128', // EKS pod identity
      'fd20:ce::254/128', // Google
    ],
  ],
  ['unspecified', ['0.0.0.0/8', '::/128', '224.0.0.0/4', '255.255.255.255/32', 'ff00::/8']],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fec0::/10']],
];

const networks: readonly (readonly [AddressClass, Cidr])[] = table.flatMap(([kind, texts]) =>
  texts.flatMap((text) => {
    const cidr = parseCidr(text);
    return cidr === undefined ? [] : [[kind, cidr] as const];
  }),
);

/**
 * The class of an IP literal; brackets, zones and v4-in-v6 forms (mapped, NAT64, 6to4) are seen through. `undefined`
 * when the text is no IP address: a name has to be resolved first.
 */
export function classifyAddress(address: string): AddressClass | undefined {
  const ip = parseIp(address);
  if (ip === undefined) return undefined;
  const plain = unmapIp(ip);
  return networks.find(([, network]) => cidrContains(network, plain))?.[0] ?? 'public';
}
