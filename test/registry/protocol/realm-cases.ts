/** A registry as the runner sees it, and a realm that it names. */
export interface RealmCase {
  readonly row: string;
  readonly what: string;
  readonly registry: string;
  readonly realm: string;
  /** The registry speaks plain HTTP. */
  readonly plaintext?: true;
  /** The registry is in `--insecure-registries`. */
  readonly listed?: true;
  /** No login is configured. */
  readonly anonymous?: true;
  /** `address port` that the token is fetched from, or the reason why nothing is. */
  readonly outcome: { readonly dialled: string } | { readonly reason: 'AUTH_REALM' | 'PLAINTEXT_CREDENTIALS' };
}

const refused = { reason: 'AUTH_REALM' } as const;
const publicRegistry = 'registry.example.com';
const privateRegistry = 'registry.corp.example';

/** What the names in the cases resolve to. */
export const names: Readonly<Record<string, string>> = {
  [publicRegistry]: '93.184.216.34',
  [privateRegistry]: '10.1.2.3',
  'auth.example.com': '93.184.216.35',
  'auth.corp.example': '192.168.7.7',
  'to-loopback.example.com': '127.0.0.1',
  'to-metadata.example.com': '169.254.169.254',
  'to-private.example.com': '10.0.0.1',
};

export const realmCases: readonly RealmCase[] = [
  {
    row: 'RM1',
    what: 'its own name',
    registry: publicRegistry,
    realm: 'https://registry.example.com/token',
    outcome: { dialled: '93.184.216.34 443' },
  },
  {
    row: 'RM2',
    what: 'a public address',
    registry: publicRegistry,
    realm: 'https://8.8.8.8/token',
    outcome: { dialled: '8.8.8.8 443' },
  },
  {
    row: 'RM3',
    what: 'an http URL',
    registry: publicRegistry,
    realm: 'http://auth.example.com/token',
    outcome: refused,
  },
  {
    row: 'RM3',
    what: 'an http URL, though there is no login',
    registry: publicRegistry,
    realm: 'http://auth.example.com/token',
    anonymous: true,
    outcome: refused,
  },
  {
    row: 'RM4',
    what: 'http on its own host and port, itself in plaintext, without a login',
    registry: 'registry.example.com:5000',
    plaintext: true,
    anonymous: true,
    realm: 'http://registry.example.com:5000/token',
    outcome: { dialled: '93.184.216.34 5000' },
  },
  {
    row: 'RM4',
    what: 'http on its own host and port, itself in plaintext, with a login',
    registry: 'registry.example.com:5000',
    plaintext: true,
    realm: 'http://registry.example.com:5000/token',
    outcome: { reason: 'PLAINTEXT_CREDENTIALS' },
  },
  {
    row: 'RM4',
    what: 'http on another host, itself in plaintext, without a login',
    registry: 'registry.example.com:5000',
    plaintext: true,
    anonymous: true,
    realm: 'http://auth.example.com:5000/token',
    outcome: refused,
  },
  { row: 'RM5', what: '0.0.0.0', registry: publicRegistry, realm: 'https://0.0.0.0/token', outcome: refused },
  {
    row: 'RM5',
    what: '[::] with a port',
    registry: publicRegistry,
    realm: 'https://[::]:8443/token',
    outcome: refused,
  },
  { row: 'RM6', what: '127.0.0.1', registry: publicRegistry, realm: 'https://127.0.0.1/token', outcome: refused },
  { row: 'RM6', what: '[::1]', registry: publicRegistry, realm: 'https://[::1]/token', outcome: refused },
  { row: 'RM7', what: '10.0.0.1', registry: publicRegistry, realm: 'https://10.0.0.1/token', outcome: refused },
  { row: 'RM7', what: '192.168.1.1', registry: publicRegistry, realm: 'https://192.168.1.1/token', outcome: refused },
  {
    row: 'RM7',
    what: 'a private address, itself on a private one',
    registry: privateRegistry,
    realm: 'https://10.0.0.1/token',
    outcome: { dialled: '10.0.0.1 443' },
  },
  {
    row: 'RM7',
    what: 'a private address, itself listed',
    registry: publicRegistry,
    listed: true,
    realm: 'https://10.0.0.1/token',
    outcome: { dialled: '10.0.0.1 443' },
  },
  {
    row: 'RM8',
    what: '169.254.169.254',
    registry: publicRegistry,
    realm: 'https://169.254.169.254/token',
    outcome: refused,
  },
  {
    row: 'RM8',
    what: '169.254.169.254, itself private and listed',
    registry: privateRegistry,
    listed: true,
    realm: 'https://169.254.169.254/token',
    outcome: refused,
  },
  {
    row: 'RM9',
    what: 'http on its own host and port, itself listed',
    registry: '127.0.0.1:5000',
    plaintext: true,
    listed: true,
    realm: 'http://127.0.0.1:5000/auth',
    outcome: { dialled: '127.0.0.1 5000' },
  },
  {
    row: 'RM10',
    what: 'http on another port, itself listed',
    registry: '127.0.0.1:5000',
    plaintext: true,
    listed: true,
    realm: 'http://127.0.0.1:8080/auth',
    outcome: refused,
  },
  {
    row: 'RM11',
    what: 'its own private address',
    registry: '10.0.0.1',
    realm: 'https://10.0.0.1/auth',
    outcome: { dialled: '10.0.0.1 443' },
  },
  {
    row: 'RM12',
    what: 'http on its own IPv6 address and port, itself listed',
    registry: '[::1]:5000',
    plaintext: true,
    listed: true,
    realm: 'http://[::1]:5000/auth',
    outcome: { dialled: '::1 5000' },
  },
  {
    row: 'RM13',
    what: 'http on its own host and port, itself over TLS and not listed',
    registry: '127.0.0.1:5443',
    realm: 'http://127.0.0.1:5443/auth',
    outcome: refused,
  },
  {
    row: 'RM13',
    what: 'http on its own host and port, itself in plaintext and not listed, with a login',
    registry: '127.0.0.1:5000',
    plaintext: true,
    realm: 'http://127.0.0.1:5000/auth',
    outcome: refused,
  },
  {
    row: 'RM14',
    what: 'a name that leads to loopback',
    registry: publicRegistry,
    realm: 'https://to-loopback.example.com/token',
    outcome: refused,
  },
  {
    row: 'RM14',
    what: 'a name that leads to the metadata service',
    registry: publicRegistry,
    realm: 'https://to-metadata.example.com/token',
    outcome: refused,
  },
  {
    row: 'RM14',
    what: 'a name that leads to a private address',
    registry: publicRegistry,
    realm: 'https://to-private.example.com/token',
    outcome: refused,
  },
  {
    row: 'RM15',
    what: 'the metadata service in an IPv6 address',
    registry: publicRegistry,
    realm: 'https://[::ffff:169.254.169.254]/',
    outcome: refused,
  },
  {
    row: 'RM15',
    what: 'loopback in hexadecimal',
    registry: publicRegistry,
    realm: 'https://0x7f.1/token',
    outcome: refused,
  },
  {
    row: 'RM16',
    what: 'a URL with a user name',
    registry: publicRegistry,
    realm: 'https://user:word@auth.example.com/token',
    outcome: refused,
  },
  {
    row: 'RM17',
    what: 'an ftp URL',
    registry: publicRegistry,
    realm: 'ftp://auth.example.com/token',
    outcome: refused,
  },
  { row: 'RM17', what: 'a file', registry: publicRegistry, realm: 'file:///etc/passwd', outcome: refused },
  {
    row: 'RM19',
    what: 'another private host, itself private',
    registry: privateRegistry,
    realm: 'https://auth.corp.example/token',
    outcome: { dialled: '192.168.7.7 443' },
  },
  {
    row: 'RM20',
    what: 'https on another port of loopback, itself on loopback',
    registry: '127.0.0.1:5443',
    realm: 'https://127.0.0.1:8443/token',
    outcome: { dialled: '127.0.0.1 8443' },
  },
];
