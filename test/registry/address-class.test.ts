import { expect } from 'chai';
import { classifyAddress } from '../../src/registry/transport/address-class.ts';
import { isWithinReach, reachOf } from '../../src/registry/transport/reach.ts';

const classes = {
  loopback: ['127.0.0.1', '127.255.255.254', '::1', '[::1]', '::ffff:127.0.0.1', '::127.0.0.1', '2002:7f00:1::'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd00::1', '::ffff:10.0.0.1'],
  'link-local': ['169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'febf::1', '::ffff:169.254.1.1'],
  metadata: ['169.254.169.254', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '64:ff9b::a9fe:a9fe', 'fd00:ec2::254'],
  unspecified: ['0.0.0.0', '0.1.2.3', '::', '[::]', '224.0.0.1', '255.255.255.255', 'ff02::1'],
  public: ['8.8.8.8', '172.32.0.1', '172.15.0.1', '192.167.1.1', '2001:db8::1', '100.128.0.1', '::ffff:8.8.8.8'],
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
