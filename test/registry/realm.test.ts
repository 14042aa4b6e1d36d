import { expect } from 'chai';

import { RunnerError } from '../../src/core/errors.ts';
import { checkedRealm, realmAddressRefusal } from '../../src/registry/auth/realm.ts';
import type { Route } from '../../src/registry/transport/transport.ts';

/** A registry as it was reached, unless a case says otherwise over verified TLS and not listed. */
function registry(origin: string, addresses: readonly string[], more: Partial<Route> = {}): Route {
  const { host, protocol } = new URL(origin);
  return {
    step: protocol === 'https:' ? 'system-ca' : 'plaintext',
    origin,
    authority: host,
    credentialsAllowed: protocol === 'https:',
    insecureListed: false,
    addresses,
    ...more,
  };
}

const publicRegistry = registry('https://registry.example.com:443', ['93.184.216.34']);
const privateRegistry = registry('https://registry.corp.example:443', ['10.1.2.3']);
const loopbackListed = registry('http://127.0.0.1:5000', ['127.0.0.1'], {
  insecureListed: true,
  credentialsAllowed: true,
});
const v6Listed = registry('http://[::1]:5000', ['::1'], { insecureListed: true, credentialsAllowed: true });
const loopbackTls = registry('https://127.0.0.1:5000', ['127.0.0.1']);
const loopbackPlain = registry('http://127.0.0.1:5000', ['127.0.0.1'], { credentialsAllowed: true });
const plain = registry('http://registry.example.com:5000', ['93.184.216.34']);

interface Case {
  readonly row: string;
  readonly what: string;
  readonly realm: string;
  readonly from: Route;
  readonly outcome: 'allowed' | 'refused';
  /** Default true. */
  readonly credentials?: boolean;
}

const cases: readonly Case[] = [
  {
    row: 'RM1',
    what: 'the own host',
    realm: 'https://registry.example.com/token',
    from: publicRegistry,
    outcome: 'allowed',
  },
  { row: 'RM2', what: 'a public address', realm: 'https://8.8.8.8/token', from: publicRegistry, outcome: 'allowed' },
  {
    row: 'RM3',
    what: 'http, for credentials',
    realm: 'http://auth.example.com/token',
    from: publicRegistry,
    outcome: 'refused',
  },
  {
    row: 'RM3',
    what: 'http, without credentials too',
    realm: 'http://auth.example.com/token',
    from: publicRegistry,
    outcome: 'refused',
    credentials: false,
  },
  {
    row: 'RM4',
    what: 'the own host and port of a plaintext registry, without credentials',
    realm: 'http://registry.example.com:5000/token',
    from: plain,
    outcome: 'allowed',
    credentials: false,
  },
  {
    row: 'RM4',
    what: 'the own host and port of a plaintext registry, for credentials',
    realm: 'http://registry.example.com:5000/token',
    from: plain,
    outcome: 'refused',
  },
  {
    row: 'RM4',
    what: 'another port of a plaintext registry',
    realm: 'http://registry.example.com:5001/token',
    from: plain,
    outcome: 'refused',
    credentials: false,
  },
  { row: 'RM5', what: '0.0.0.0', realm: 'https://0.0.0.0/token', from: publicRegistry, outcome: 'refused' },
  {
    row: 'RM5',
    what: '0.0.0.0 with a port',
    realm: 'https://0.0.0.0:8443/token',
    from: publicRegistry,
    outcome: 'refused',
  },
  { row: 'RM5', what: '[::]', realm: 'https://[::]/token', from: publicRegistry, outcome: 'refused' },
  { row: 'RM5', what: '[::] with a port', realm: 'https://[::]:8443/token', from: publicRegistry, outcome: 'refused' },
  { row: 'RM6', what: '127.0.0.1', realm: 'https://127.0.0.1/token', from: publicRegistry, outcome: 'refused' },
  { row: 'RM6', what: '[::1]', realm: 'https://[::1]/token', from: publicRegistry, outcome: 'refused' },
  {
    row: 'RM6',
    what: 'loopback, from a private registry',
    realm: 'https://127.0.0.1/token',
    from: privateRegistry,
    outcome: 'refused',
  },
  { row: 'RM7', what: '10.0.0.1', realm: 'https://10.0.0.1/token', from: publicRegistry, outcome: 'refused' },
  { row: 'RM7', what: '192.168.1.1', realm: 'https://192.168.1.1/token', from: publicRegistry, outcome: 'refused' },
  {
    row: 'RM7',
    what: '10.0.0.1, from a private registry',
    realm: 'https://10.0.0.1/token',
    from: privateRegistry,
    outcome: 'allowed',
  },
  {
    row: 'RM7',
    what: '10.0.0.1, from a listed registry',
    realm: 'https://10.0.0.1/token',
    from: { ...publicRegistry, insecureListed: true },
    outcome: 'allowed',
  },
  {
    row: 'RM7',
    what: '10.0.0.1, from a registry with a public address as well',
    realm: 'https://10.0.0.1/token',
    from: registry('https://registry.example.com:443', ['10.1.2.3', '93.184.216.34']),
    outcome: 'refused',
  },
  {
    row: 'RM8',
    what: 'the metadata address',
    realm: 'https://169.254.169.254/token',
    from: publicRegistry,
    outcome: 'refused',
  },
  {
    row: 'RM8',
    what: 'the metadata address, from a private registry',
    realm: 'https://169.254.169.254/token',
    from: privateRegistry,
    outcome: 'refused',
  },
  {
    row: 'RM8',
    what: 'the metadata address, from a listed registry',
    realm: 'https://169.254.169.254/token',
    from: loopbackListed,
    outcome: 'refused',
  },
  {
    row: 'RM9',
    what: 'http on the own host and port of a listed registry',
    realm: 'http://127.0.0.1:5000/auth',
    from: loopbackListed,
    outcome: 'allowed',
  },
  {
    row: 'RM10',
    what: 'http on another port of a listed registry',
    realm: 'http://127.0.0.1:8080/auth',
    from: loopbackListed,
    outcome: 'refused',
  },
  {
    row: 'RM11',
    what: 'the own private address',
    realm: 'https://10.0.0.1/auth',
    from: registry('https://10.0.0.1:443', ['10.0.0.1']),
    outcome: 'allowed',
  },
  {
    row: 'RM12',
    what: 'http on the own IPv6 host and port of a listed registry',
    realm: 'http://[::1]:5000/auth',
    from: v6Listed,
    outcome: 'allowed',
  },
  {
    row: 'RM13',
    what: 'http on the own host and port of a TLS registry',
    realm: 'http://127.0.0.1:5000/auth',
    from: loopbackTls,
    outcome: 'refused',
  },
  {
    row: 'RM13',
    what: 'http on the own host and port of a registry that is not listed, for credentials',
    realm: 'http://127.0.0.1:5000/auth',
    from: loopbackPlain,
    outcome: 'refused',
  },
  {
    row: 'RM15',
    what: 'the metadata address within IPv6',
    realm: 'https://[::ffff:169.254.169.254]/',
    from: publicRegistry,
    outcome: 'refused',
  },
  { row: 'RM15', what: 'loopback in hexadecimal', realm: 'https://0x7f.1/', from: publicRegistry, outcome: 'refused' },
  {
    row: 'RM16',
    what: 'a user name in the URL',
    realm: 'https://user:secret@auth.example.com/token',
    from: publicRegistry,
    outcome: 'refused',
  },
  { row: 'RM17', what: 'ftp', realm: 'ftp://auth.example.com/token', from: publicRegistry, outcome: 'refused' },
  { row: 'RM17', what: 'file', realm: 'file:///etc/passwd', from: publicRegistry, outcome: 'refused' },
  { row: 'W21', what: 'no scheme', realm: '127.0.0.1:8080', from: publicRegistry, outcome: 'refused' },
  {
    row: 'RM20',
    what: 'https on another port of loopback, from loopback',
    realm: 'https://127.0.0.1:8443/token',
    from: loopbackTls,
    outcome: 'allowed',
  },
  {
    row: 'RM20',
    what: 'https on another loopback address, from loopback',
    realm: 'https://[::1]/token',
    from: loopbackPlain,
    outcome: 'allowed',
  },
];

describe('the realm that a registry names', () => {
  for (const { row, what, realm, from, outcome, credentials } of cases) {
    it(`[${row}] is ${outcome} on ${what}`, () => {
      const check = (): URL => checkedRealm(realm, from, credentials ?? true);
      if (outcome === 'allowed') expect(check().href).to.equal(new URL(realm).href);
      else expect(check).to.throw(RunnerError).with.property('code', 'AUTH_REALM');
    });
  }

  it('stands in the error beside the registry, both without query or user name', () => {
    expect(() => checkedRealm('http://u:pw@auth.example.com/token?sig=canary', publicRegistry, true))
      .to.throw(RunnerError)
      .with.property('message')
      .that.includes('https://registry.example.com:443 names http://auth.example.com/token ')
      .and.not.match(/canary|pw@/);
  });

  it('[HBND6] counts a missing port as that of the scheme', () => {
    const listed = registry('http://registry.example.com:80', ['93.184.216.34'], { insecureListed: true });
    expect(checkedRealm('http://registry.example.com/token', listed, true).port).to.equal('');
    expect(() => checkedRealm('http://registry.example.com:443/token', listed, true)).to.throw(RunnerError);
  });
});

const addressCases: readonly (readonly [row: string, address: string, from: Route, outcome: 'allowed' | 'refused'])[] =
  [
    ['RM14', '127.0.0.1', publicRegistry, 'refused'],
    ['RM14', '169.254.169.254', publicRegistry, 'refused'],
    ['RM14', '169.254.169.254', privateRegistry, 'refused'],
    ['RM14', '10.0.0.1', publicRegistry, 'refused'],
    ['RM14', '93.184.216.35', publicRegistry, 'allowed'],
    ['RM15', '::ffff:a9fe:a9fe', publicRegistry, 'refused'],
    ['RM15', '::ffff:127.0.0.1', publicRegistry, 'refused'],
    ['RM19', '10.9.9.9', privateRegistry, 'allowed'],
    ['RM19', '192.168.7.7', privateRegistry, 'allowed'],
    ['RM20', '127.0.0.1', loopbackTls, 'allowed'],
  ];

describe('an address that a realm resolves to', () => {
  for (const [row, address, from, outcome] of addressCases) {
    it(`[${row}] is ${outcome} when it is ${address} and the registry is at ${from.addresses.join()}`, () => {
      expect(realmAddressRefusal(address, from) === undefined).to.equal(outcome === 'allowed');
    });
  }

  it('is judged by the name of a registry that a proxy resolves', () => {
    const proxied = registry('https://registry.example.com:443', []);
    const proxiedAddress = registry('https://10.0.0.1:443', []);
    expect(realmAddressRefusal('10.0.0.2', proxied)).to.be.a('string');
    expect(realmAddressRefusal('10.0.0.2', proxiedAddress)).to.equal(undefined);
  });
});
