import { safeText } from '../../core/safe-text.ts';

/** What a failed exchange says about the way to the host; the trust chain and the retries decide by it alone. */
export type SignalKind =
  | 'issuer' // no root of this step signed the certificate
  | 'validity' // expired, or not valid yet
  | 'name' // valid for other names
  | 'certificate' // any other fault of the certificate
  | 'tls' // a TLS server that cannot agree with us
  | 'client-certificate' // the server wants one from us, or another
  | 'unproven' // closed by a server without an answer, after it had asked for a client certificate in vain
  | 'not-tls' // the first bytes are no TLS
  | 'refused'
  | 'timeout' // of TCP and TLS
  | 'reset'
  | 'closed' // by the server, without an answer
  | 'silent' // connected, but no answer in time
  | 'unresolved'
  | 'network'
  | 'proxy'
  | 'not-http'
  | 'tls-port' // plaintext sent to a port that wants TLS
  | 'address'; // ours: the address must not be dialled

export interface Signal {
  readonly kind: SignalKind;
  /** One line for attempts and messages. */
  readonly reason: string;
  /** Registry-behaviour 5.8, RT8. */
  readonly retry: 'yes' | 'once' | 'no';
  /** The request may have reached the server. */
  readonly mayHaveArrived: boolean;
}

/** Codes of undici 8 and Node 24, measured (registry-behaviour 5.5); the tests hold them against live servers. */
const byCode: Readonly<Record<string, readonly [SignalKind, string]>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['issuer', 'the certificate is signed by an unknown authority'],
  UNABLE_TO_GET_ISSUER_CERT: ['issuer', 'the certificate is signed by an unknown authority'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['issuer', 'the certificate is signed by an unknown authority'],
  SELF_SIGNED_CERT_IN_CHAIN: ['issuer', 'the certificate is signed by an unknown authority'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['issuer', 'the certificate is self-signed and not among the trusted ones'],
  CERT_UNTRUSTED: ['issuer', 'the certificate is not trusted'],
  CERT_HAS_EXPIRED: ['validity', 'the certificate, or one that signed it, has expired'],
  CERT_NOT_YET_VALID: ['validity', 'the certificate, or one that signed it, is not valid yet'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['name', 'the certificate is for other names'],
  ERR_TLS_CERT_WITHOUT_SAN: ['certificate', 'the certificate has no subject alternative name'],
  UNSPECIFIED: ['certificate', 'a signature in the certificate chain is too weak'],
  CERT_SIGNATURE_FAILURE: ['certificate', 'a signature in the certificate chain is wrong'],
  CERT_REVOKED: ['certificate', 'the certificate is revoked'],
  CERT_REJECTED: ['certificate', 'the certificate is rejected'],
  CERT_CHAIN_TOO_LONG: ['certificate', 'the certificate chain is too long'],
  PATH_LENGTH_EXCEEDED: ['certificate', 'the certificate chain is longer than its authority allows'],
  INVALID_CA: ['certificate', 'a certificate that is no authority signed another'],
  INVALID_PURPOSE: ['certificate', 'the certificate is not for servers'],
  ERR_SSL_EE_KEY_TOO_SMALL: ['certificate', "the certificate's key is too small"],
  ERR_SSL_CA_KEY_TOO_SMALL: ['certificate', "the key of the certificate's authority is too small"],
  ERR_SSL_CA_MD_TOO_WEAK: ['certificate', 'a signature in the certificate chain is too weak'],
  ERR_SSL_WRONG_VERSION_NUMBER: ['not-tls', 'the server does not speak TLS'],
  ECONNREFUSED: ['refused', 'connection refused'],
  UND_ERR_CONNECT_TIMEOUT: ['timeout', 'no connection in time'],
  ETIMEDOUT: ['timeout', 'no connection in time'],
  ECONNRESET: ['reset', 'the connection was reset'],
  EPIPE: ['reset', 'the connection was reset'],
  ERR_UNPROVEN: ['unproven', 'the server asked for a client certificate, was shown none and closed the connection'],
  UND_ERR_SOCKET: ['closed', 'the server closed the connection without an answer'],
  UND_ERR_HEADERS_TIMEOUT: ['silent', 'no answer in time'],
  UND_ERR_HEADERS_OVERFLOW: ['not-http', "the answer's headers are too large"],
  ENOTFOUND: ['unresolved', 'the host name does not exist'],
  EAI_AGAIN: ['unresolved', 'the host name cannot be looked up now'],
  EHOSTUNREACH: ['network', 'no route to the host'],
  ENETUNREACH: ['network', 'no route to the network'],
  ERR_ADDRESS_REFUSED: ['address', ''],
  ERR_PROXY: ['proxy', ''],
  UND_ERR_PRX_CONN: ['proxy', 'the proxy closed the connection'],
  UND_ERR_PRX_TLS: ['proxy', "the proxy's certificate is for other names"],
};

const retries: Readonly<Record<SignalKind, Signal['retry']>> = {
  issuer: 'no',
  validity: 'no',
  name: 'no',
  certificate: 'no',
  tls: 'no',
  'client-certificate': 'no',
  unproven: 'yes',
  'not-tls': 'no',
  refused: 'once',
  timeout: 'no',
  reset: 'yes',
  closed: 'yes',
  silent: 'no',
  unresolved: 'no',
  network: 'no',
  proxy: 'no',
  'not-http': 'no',
  'tls-port': 'no',
  address: 'no',
};

const mayHaveArrived: ReadonlySet<SignalKind> = new Set(['reset', 'closed', 'unproven', 'silent', 'not-http']);

/** Alerts by which a server judges a certificate, which can be that of the client alone (RFC 8446, section 6.2). */
const clientAlert =
  /_ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(?:REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA)$/;

/** Reads an error of undici or Node by its code, and by its reason or cause where the code does not say enough. */
export function classifyError(thrown: unknown): Signal {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = codeOf(error);
  const known = byCode[code];
  const kind = known?.[0] ?? kindByText(error, code);
  return {
    kind,
    reason: describe(known?.[1] ?? '', code, error),
    retry: code === 'EAI_AGAIN' || isBusyProxy(error, code) ? 'yes' : retries[kind],
    mayHaveArrived: mayHaveArrived.has(kind),
  };
}

/** Behind a proxy these say nothing of who is to blame, so the proxy is named; its URL's user name and password are not. */
export function throughProxy(signal: Signal, proxy: URL | undefined): Signal {
  if (proxy === undefined || !['silent', 'timeout', 'closed', 'unproven', 'reset'].includes(signal.kind)) return signal;
  return { ...signal, reason: `${signal.reason}, through the proxy ${proxy.origin}` };
}

export const tlsPortSignal: Signal = {
  kind: 'tls-port',
  reason: 'the server wants TLS on this port',
  retry: 'no',
  mayHaveArrived: true,
};

function kindByText(error: Error, code: string): SignalKind {
  const reason = reasonOf(error);
  if (reason.includes('wrong version number')) return 'not-tls';
  if (/too small|too weak/.test(reason)) return 'certificate';
  if (clientAlert.test(code)) return 'client-certificate';
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO' || code.startsWith('ERR_TLS_')) return 'tls';
  if (code.startsWith('HPE_') || error.name === 'HTTPParserError') return 'not-http';
  return isProxyAnswer(error, code) ? 'proxy' : 'network';
}

/** Several addresses failed: what they have in common, else the first error's code. */
function codeOf(error: Error): string {
  const codes = error instanceof AggregateError ? error.errors.map((each: unknown) => stringField(each, 'code')) : [];
  const own = stringField(error, 'code');
  if (codes.length === 0) return own;
  return codes.every((each) => each === codes[0]) ? (codes[0] ?? own) : 'ERR_SEVERAL_ADDRESSES';
}

function describe(text: string, code: string, error: Error): string {
  if (code === 'ERR_ADDRESS_REFUSED' || code === 'ERR_PROXY') return safeText(error.message, 200);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return safeText(`${text}: ${namesHeld(error)}`, 300);
  if (isProxyAnswer(error, code)) return `the proxy answered ${proxyStatus(error)}`;
  if (text !== '') return `${text} (${code})`;
  const detail = reasonOf(error) === '' ? error.message : reasonOf(error);
  return safeText(code === '' ? detail : `${detail} (${code})`, 200);
}

/** Node's words; of an address it lists the addresses in the certificate only, which may hold names alone. */
function namesHeld(error: Error): string {
  const reason = stringField(error, 'reason');
  if (!reason.trimEnd().endsWith('list:')) return reason;
  const certificate: unknown = 'cert' in error ? error.cert : undefined;
  const names = stringField(certificate, 'subjectaltname');
  return `${reason.trimEnd()} ${names === '' ? 'it holds no name' : names}`;
}

/** undici's words for a CONNECT that the proxy did not answer 200, and for a 407 to a forwarded request. */
function isProxyAnswer(error: Error, code: string): boolean {
  return (code === 'UND_ERR_ABORTED' || code === 'UND_ERR_INVALID_ARG') && proxyStatus(error) !== '';
}

function proxyStatus(error: Error): string {
  return /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(error.message)?.[1] ?? '';
}

function isBusyProxy(error: Error, code: string): boolean {
  return isProxyAnswer(error, code) && ['429', '502', '503', '504'].includes(proxyStatus(error));
}

function reasonOf(error: Error): string {
  return stringField(error, 'reason') || stringField(error.cause, 'reason');
}

function stringField(value: unknown, name: string): string {
  if (typeof value !== 'object' || value === null) return '';
  const field: unknown = Reflect.get(value, name);
  return typeof field === 'string' ? field : '';
}
