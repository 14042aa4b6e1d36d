import type { Mutant } from '../../support/mutant-tree.ts';

const classes = 'src/registry/transport/address-class.ts';
const ip = 'src/registry/transport/ip.ts';
const metadata = 'test/registry/protocol/metadata-addresses.test.ts';
const realms = 'test/registry/protocol/realm.test.ts';

/** A network that is taken for any other, and an address of it. */
function without(line: string, address: string, file = classes): Mutant {
  return {
    fault: `takes ${address} for any other address (1)`,
    file,
    find: line,
    replace: '',
    test: metadata,
    title: `[7.2.1] is never dialled at ${address}:`,
  };
}

/** 1: metadata services, in every form and by every way. */
export const addresses: readonly Mutant[] = [
  without(`'169.254.0.0/16',`, '169.254.169.254'),
  without(`'fe80::/10',`, 'fe80::1'),
  without(`'fd00:ec2::/32',`, 'fd00:ec2::254'),
  without(`'100.100.100.200/32',`, '100.100.100.200'),
  without(`'168.63.129.16/32',`, '168.63.129.16'),
  without(`'192.0.0.192/32',`, '192.0.0.192'),
  without('[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff],', '::ffff:a9fe:a9fe', ip),
  without('[0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0],', '::ffff:0:a9fe:a9fe', ip),
  without('[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0],', '64:ff9b::a9fe:a9fe', ip),
  without(' || hasPrefix(address, localNat64)', '64:ff9b:1::a9fe:a9fe', ip),
  without('address[0] === 0x20 && address[1] === 0x02 ? address.slice(2, 6) : ', '2002:a9fe:a9fe::1', ip),
  {
    fault: 'sends a login to a realm that resolves to a metadata service (1)',
    file: classes,
    find: `'169.254.0.0/16',`,
    replace: '',
    test: realms,
    title: '[7.2.1] never has https://to-metadata.example.com/token connected to',
  },
  {
    fault: 'sees no IPv4 address in the IPv6 address of a realm (1)',
    file: ip,
    find: '[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff],',
    replace: '',
    test: realms,
    title: '[7.2.1] never has https://[::ffff:a9fe:a9fe]/token connected to',
  },
  {
    fault: 'lets a registry outside name a realm on loopback (1)',
    file: 'src/registry/auth/realm.ts',
    find: `isWithin(registry, ['loopback'])`,
    replace: 'true',
    test: realms,
    title: '[7.2.1] never has https://0x7f.1/token connected to',
  },
  {
    fault: 'dials whatever a name resolves to (1)',
    file: 'src/registry/transport/addresses.ts',
    find: 'if (metadata === undefined) return addresses;',
    replace: 'return addresses;',
    test: metadata,
    title: '[7.2.1] is never dialled at 169.254.169.254:',
  },
  {
    fault: 'looks at the first of several addresses only (1)',
    file: 'src/registry/transport/addresses.ts',
    find: 'const metadata = addresses.find(',
    replace: 'const metadata = addresses.slice(0, 1).find(',
    test: metadata,
    title: '[7.2.1] is never dialled at 169.254.169.254:',
  },
  {
    fault: 'dials another address than the one that was judged (1)',
    file: 'src/registry/transport/connector.ts',
    find: 'const refused = addresses.find(({ address }) => !accepts(hostname, port, address));',
    replace: 'const refused = addresses.find(({ address }) => accepts(hostname, port, address) === undefined);',
    test: 'test/registry/agents.test.ts',
    title: '[S28] do not dial loopback, within private reach',
  },
  {
    fault: 'has a proxy dial a metadata address (1)',
    file: 'src/registry/transport/ways.ts',
    find: 'proxy !== undefined && isIP(hostname) === 0 &&',
    replace: 'proxy !== undefined &&',
    test: metadata,
    title: '[7.2.1] is never dialled at 169.254.169.254:',
  },
  {
    fault: 'has a proxy look up the name of a metadata service (1)',
    file: 'src/registry/transport/ways.ts',
    find: ' && !isMetadataName(hostname)',
    replace: '',
    test: metadata,
    title: 'is not asked for by the name metadata.goog',
  },
];
