import { expect } from 'chai';
import { classifyAddress, isMetadataName } from '../../src/registry/transport/address-class.ts';
import { isWithinReach, reachOf } from '../../src/registry/transport/reach.ts';

const classes = {
  loopback: ['127.0.0.1', '127.255.255.254', '::1', '[::1]', '::ffff:127.0.0.1', '::127.0.0.1', '2002:7f00:1::'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd00::1', '::ffff:10.0.0.1'],
  metadata: [
    '169.254.0.1',
    '169.254.169.254',
    '169.254.170.2',
    '169.254.255.255',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd00:ec2:ffff::1',
    '::ffff:169.254.1.1',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '[::ffff:6464:64c8]',
    '::ffff:a83f:8110',
    '::ffff:c000:c0',
    '::169.254.169.254',
    '::ffff:0:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::a83f:8110',
    '64:ff9b:1:abcd::6464:64c8',
    '2002:a9fe:a9fe::',
    '2002:c000:00c0::1',
    'fd20:ce::254',
  ],
  unspecified: ['0.0.0.0', '0.1.2.3', '::', '[::]', '224.0.0.1', '255.255.255.255', 'ff02::1'],
  public: [
    '169.253.255.255',
    '169.255.0.0',
    '100.128.100.200',
    '168.63.129.17',
    '192.0.0.193',
    '64:ff9c::a9fe:a9fe',
    '2003:a9fe:a9fe::',
    '::ffff:1:a9fe:a9fe',
    '8.8.8.8',
    '172.32.0.1',
    '172.15.0.1',
    '192.167.1.1',
    '2001:db8::1',
    '100.128.0.1',
    '::ffff:8.8.8.8',
  ],
} as const;

describe('the class of an address', () => {
  for (const [kind, addresses] of Object.entries(classes)) {
    for (const address of addresses) {
      it(`${address} is ${kind}`, () => {
        expect(classifyAddress(address)).to.equal(kind);
      });
    }
  }

  for (const text of [
    'localhost',
    '',
    '127.1',
    '0x7f.1',
    '2130706433',
    '1.2.3.4.5',
    '1.2.3.256',
    '[127.0.0.1',
    ':::',
  ]) {
    it(`"${text}" is no address`, () => {
      expect(classifyAddress(text)).to.equal(undefined);
    });
  }

  it('knows the names of metadata services', () => {
    const names = ['metadata.google.internal', 'metadata.goog', 'instance-data', 'metadata.example', 'registry.goog'];
    expect(names.map((name) => isMetadataName(name))).to.deep.equal([true, true, true, false, false]);
  });

  it('orders reach from outside in, and takes the innermost of several', () => {
    expect(reachOf([])).to.equal('public');
    expect(reachOf(['8.8.8.8', '10.0.0.1'])).to.equal('private');
    expect(reachOf(['10.0.0.1', '127.0.0.1'])).to.equal('local');
    expect(isWithinReach('10.0.0.1', 'public')).to.equal(false);
    expect(isWithinReach('10.0.0.1', 'private')).to.equal(true);
    expect(isWithinReach('127.0.0.1', 'private')).to.equal(false);
    expect(isWithinReach('8.8.8.8', 'local')).to.equal(true);
  });
});
