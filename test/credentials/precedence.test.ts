import { expect } from 'chai';

import { Keyring } from '../../src/credentials/keyring.ts';
import { parseReference } from '../../src/image/reference.ts';
import { base64, firstLogin, keyringOf, keyringWith, keysFor } from './keyring-with.ts';

interface OrderRow {
  readonly rows: string;
  readonly keys: readonly string[];
  readonly image: string;
  readonly order: readonly string[];
}

const nested = ['fake.registry.io', 'fake.registry.io/nested', 'fake.registry.io/nested/repo'];
const quay = ['quay.io', 'quay.io/a', 'quay.io/a/b', 'quay.io/a/b/c', 'quay.io/a/b/c/d', 'quay.io/a/b/c/d/image'];
const pong = ['bar.example.com', 'bar.example.com/pong'];

/** Which keys are tried for an image, in which order. */
const orders: readonly OrderRow[] = [
  {
    rows: '[P1] [P6]',
    keys: nested,
    image: 'fake.registry.io/nested/repo/dirt',
    order: ['fake.registry.io/nested/repo', 'fake.registry.io/nested', 'fake.registry.io'],
  },
  {
    rows: '[P2] [P6]',
    keys: nested,
    image: 'fake.registry.io/nested',
    order: ['fake.registry.io/nested', 'fake.registry.io'],
  },
  {
    rows: '[P3] [P5]',
    keys: ['reg.io/b', 'reg.io/a/long', 'reg.io'],
    image: 'reg.io/a/long/x',
    order: ['reg.io/a/long', 'reg.io'],
  },
  {
    rows: '[P5] [P19] [X6]',
    keys: ['foo.*', 'foo.*/team', '*.example.com', 'foo.*.com', 'foo.example.com'],
    image: 'foo.example.com/team/x',
    order: ['foo.example.com', '*.example.com', 'foo.*.com'],
  },
  {
    rows: '[P5] [P19]',
    keys: ['*.example.*/team/x', '*.example.com', 'foo.example.com', 'foo.example.com/team'],
    image: 'foo.example.com/team/x',
    order: ['foo.example.com/team', 'foo.example.com', '*.example.com', '*.example.*/team/x'],
  },
  { rows: '[P5]', keys: ['*.b.io', 'a.*.io', 'a.b.*'], image: 'a.b.io/x', order: ['*.b.io', 'a.*.io', 'a.b.*'] },
  { rows: '[P5]', keys: ['a.b.*', 'a.*.io', '*.b.io'], image: 'a.b.io/x', order: ['a.b.*', 'a.*.io', '*.b.io'] },
  { rows: '[P8]', keys: ['other.io'], image: 'reg.io/x', order: ['anonymous'] },
  { rows: '[P9]', keys: ['reg.io'], image: 'reg.io/x', order: ['reg.io'] },
  { rows: '[P10]', keys: pong, image: 'bar.example.com/pong', order: ['bar.example.com/pong', 'bar.example.com'] },
  { rows: '[P12]', keys: pong, image: 'example.com/pong', order: ['anonymous'] },
  { rows: '[P14] [P15]', keys: quay, image: 'quay.io/a/b/c/d/image', order: quay.toReversed() },
  {
    rows: '[P14] [P16] [P20]',
    keys: ['example.org/repo', 'example.org'],
    image: 'example.org/repository2',
    order: ['example.org'],
  },
  { rows: '[P18]', keys: ['https://reg.io/v2/'], image: 'reg.io/team/x', order: ['https://reg.io/v2/'] },
  { rows: '[P20]', keys: ['bar.example.com/pong'], image: 'bar.example.com/pongz', order: ['anonymous'] },
];

describe('order of credentials', () => {
  for (const { rows, keys, image, order } of orders) {
    it(`${rows} for ${image} with ${keys.join(', ')} is ${order.join(', ')}`, () => {
      expect(keysFor(keyringWith(...keys), image)).to.deep.equal(order);
    });
  }

  it('[P7] [P19] offers each login once, under its most particular key', () => {
    const login = { auth: base64('ada:pw') };
    const keyring = keyringOf({
      'reg.io': login,
      '*.io': login,
      'reg.io/team': login,
      'reg.*': { auth: base64('b:pw') },
    });
    expect(keysFor(keyring, 'reg.io/team/x')).to.deep.equal(['reg.io/team', 'reg.*']);
  });

  it('[P13] keeps different logins whose keys mean the same host', () => {
    const keyring = keyringOf({
      'reg.io': { auth: base64('first:pw') },
      'https://reg.io': { auth: base64('second:pw') },
      'reg.io/': { auth: base64('third:pw') },
    });
    expect(keysFor(keyring, 'reg.io/x')).to.deep.equal(['reg.io', 'https://reg.io', 'reg.io/']);
  });

  it('[E15] [P5] keeps a broken entry at its own place', () => {
    const keyring = keyringOf({ 'reg.io': { auth: base64('ada:pw') }, 'reg.io/team': { auth: 'pants' } });
    expect(keysFor(keyring, 'reg.io/team/x')).to.deep.equal(['reg.io/team', 'reg.io']);
    expect(firstLogin(keyring, 'reg.io/team/x')).to.have.property('broken');
    expect(firstLogin(keyring, 'reg.io/other')).to.equal('ada / pw');
  });

  it('[P20] warns that the kubelet will offer to a sibling what we do not', () => {
    const keyring = keyringWith('bar.example.com/pong');
    const { candidates, warnings } = Keyring.lookupIn([keyring], parseReference('bar.example.com/pongz'));
    expect(candidates.map(({ key }) => key)).to.deep.equal(['anonymous']);
    expect(warnings).to.have.length(1);
    expect(warnings.join()).to.match(/"bar.example.com\/pong".*kubelet.*will also offer/);
    expect(Keyring.lookupIn([keyring], parseReference('bar.example.com/pong/z')).warnings).to.deep.equal([]);
  });
});
