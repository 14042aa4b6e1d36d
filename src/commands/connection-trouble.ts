/** Why no connection to a service came about, for a person. */
export interface ConnectionTrouble {
  readonly message: string;
  readonly hint: string;
}

interface Trouble extends ConnectionTrouble {
  readonly client: 'tls' | 'plaintext' | 'any';
  /** In the words of Node, OpenSSL and grpc-js. */
  readonly sign: RegExp;
}

/** The first row that fits is taken. */
const troubles: readonly Trouble[] = [
  {
    client: 'any',
    sign: /ECONNREFUSED/,
    message: 'nothing listens there',
    hint: 'Start the service, or give the host and port where it runs.',
  },
  {
    client: 'any',
    sign: /^Name resolution failed/,
    message: 'its host name does not exist, or cannot be resolved here',
    hint: 'Give the host and port where the service runs.',
  },
  {
    client: 'tls',
    sign: /wrong version number|packet length too long|http request/,
    message: 'the service does not speak TLS',
    hint: 'Leave out --tls and the other --tls flags, or give the service --tls-cert-file and --tls-private-key-file.',
  },
  {
    client: 'tls',
    sign: /certificate required/,
    message: 'the service asks for a client certificate',
    hint: 'Give one by its --client-ca-file with --tls-client-cert and --tls-client-key.',
  },
  {
    client: 'tls',
    sign: /ALTNAME_INVALID/,
    message: "the service's certificate is for another name",
    hint: 'Give a name that is in the certificate with --tls-server-name.',
  },
  {
    client: 'tls',
    sign: /certificate has expired|certificate is not yet valid|CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    message: "the service's certificate is out of date",
    hint: 'Renew the certificate in its --tls-cert-file.',
  },
  {
    client: 'tls',
    sign: /unable to verify|unable to get (local )?issuer|self.signed certificate|DEPTH_ZERO|CERT_SIGNATURE/,
    message: "the service's certificate is by an authority that is not trusted here",
    hint: 'Give the certificate of that authority with --tls-ca-cert.',
  },
  {
    client: 'tls',
    sign: /alert|Failed to connect|ECONNRESET|socket disconnected|socket hang up/i,
    message: 'the service ended the connection during or right after the TLS handshake',
    hint: 'If it has --client-ca-file, give a client certificate by one of those authorities with --tls-client-cert and --tls-client-key.',
  },
  {
    client: 'plaintext',
    sign: /Failed to connect|ECONNRESET|socket hang up|Protocol error/i,
    message: 'the service ended the connection before it said anything, as one that speaks TLS does',
    hint: 'Give --tls, with --tls-ca-cert where its certificate is by an authority of your own.',
  },
];

/** @param details What grpc-js says of an UNAVAILABLE call. Undefined where that is the best there is to say. */
export function connectionTrouble(details: string, isTlsClient: boolean): ConnectionTrouble | undefined {
  if (!/^Name resolution failed|No connection established|Last error/.test(details)) return undefined;
  const client = isTlsClient ? 'tls' : 'plaintext';
  return troubles.find((trouble) => [client, 'any'].includes(trouble.client) && trouble.sign.test(details));
}
