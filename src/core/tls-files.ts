import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { RunnerError, toRunnerError } from './errors.ts';
import { type FileRead, identify, readFirst } from './mounted-file-read.ts';
import { Secret } from './secret.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certificate: string;
  readonly privateKey: string;
  /** Undefined for a client, and for a server to which no client has to show a certificate. */
  readonly clientCa: string | undefined;
  /** What to do where one is missing; default: the flags of the server. */
  readonly whenMissing?: string;
}

/** What one side of TLS shows and trusts: parts of one version of the files, which fit each other. */
export interface TlsContent {
  /** PEM, that of the service first. */
  readonly certificates: readonly string[];
  /** PEM or as it stands in the file. */
  readonly privateKey: Secret;
  readonly clientCas: readonly string[] | undefined;
  /** When the first of the certificates ends, in milliseconds since the epoch. */
  readonly validToMs: number;
  /** Equal as long as the files stay as they were read. */
  readonly identity: string;
}

/** Reads a file of PEM certificates: at least one, all of them whole. Throws for any other content. */
export type ParseCertificates = (bytes: Uint8Array, file: string) => readonly string[];

const kind = 'tls';
const maxLooks = 5;

/** Which version of each file is there now. */
export async function tlsIdentity(files: TlsFiles): Promise<string> {
  const identities = await Promise.all(pathsOf(files).map(async (path) => identify([path])));
  return identities.join('\n');
}

/**
 * Reads all files of one version: when they change meanwhile, as when the kubelet swaps a mounted secret, they are read
 * again. So a certificate never comes with the key of another version, even where both would fit.
 *
 * @throws {RunnerError} `CFG_OPTION`, `CFG_CA` naming the file that cannot be used
 */
export async function readTlsFiles(files: TlsFiles, parseCertificates: ParseCertificates): Promise<TlsContent> {
  for (let looks = 1; ; looks += 1) {
    const identity = await tlsIdentity(files);
    const read = await readAll(files, parseCertificates).catch((thrown: unknown) => toRunnerError(thrown));
    const isOneVersion = (await tlsIdentity(files)) === identity;
    if (!isOneVersion && looks < maxLooks) continue;
    if (read instanceof RunnerError) throw read;
    if (!isOneVersion) throw fault(files.certificate, 'and its key change all the time', 'Replace them less often.');
    return { ...read, identity };
  }
}

async function readAll(files: TlsFiles, parseCertificates: ParseCertificates): Promise<Omit<TlsContent, 'identity'>> {
  const [certificate, key, clientCa] = await Promise.all([
    readPresent(files.certificate, files.whenMissing ?? whenMissing('--tls-cert-file')),
    readPresent(files.privateKey, files.whenMissing ?? whenMissing('--tls-private-key-file')),
    files.clientCa === undefined ? undefined : readPresent(files.clientCa, whenMissing('--client-ca-file')),
  ]);
  const certificates = parseCertificates(certificate.bytes, certificate.path);
  const chain = certificates.map((pem) => new X509Certificate(pem));
  checkPair(files, chain, parseKey(key));
  checkUsable(files, certificates, key);
  return {
    certificates,
    privateKey: new Secret(key.bytes),
    clientCas: clientCa && parseCertificates(clientCa.bytes, clientCa.path),
    validToMs: Math.min(...chain.map(({ validToDate }) => validToDate.getTime())),
  };
}

function whenMissing(flag: string): string {
  return `Give the path of a PEM file with ${flag}.`;
}

async function readPresent(path: string, hint: string): Promise<FileRead> {
  const read = await readFirst([path], kind);
  if (read === undefined) throw fault(path, 'does not exist', hint);
  return read;
}

function parseKey({ bytes, path }: FileRead): KeyObject {
  const text = Buffer.from(bytes).toString('latin1');
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(text)) {
    throw fault(path, 'holds a private key that is encrypted', 'Mount the key without a passphrase.');
  }
  try {
    return createPrivateKey(text);
  } catch (cause) {
    // OpenSSL's words may hold nothing of the file, but tell nobody what to do either.
    const problem = text.includes('PRIVATE KEY') ? 'holds a private key that cannot be read' : 'holds no private key';
    throw fault(path, problem, 'Mount a PEM file with BEGIN PRIVATE KEY and END PRIVATE KEY lines.', cause);
  }
}

function checkPair(files: TlsFiles, [own, ...others]: readonly X509Certificate[], key: KeyObject): void {
  if (own?.checkPrivateKey(key) === true) return;
  const isLater = others.some((certificate) => certificate.checkPrivateKey(key));
  throw isLater
    ? fault(
        files.certificate,
        'begins with the certificate of an authority',
        "Put the service's own certificate first.",
      )
    : fault(
        files.privateKey,
        `is not the private key of the certificate in ${files.certificate}`,
        'Give a certificate and a key that were made together, as the tls.crt and tls.key of one Secret are.',
      );
}

/** OpenSSL does not take every pair: a key may be too short for it, say. */
function checkUsable({ certificate }: TlsFiles, certificates: readonly string[], key: FileRead): void {
  try {
    createSecureContext({ cert: certificates.join('\n'), key: Buffer.from(key.bytes) });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const hint = 'Make a new pair, with a key of 2048 bits for RSA or 256 bits for ECDSA.';
    throw fault(certificate, `and its key cannot be used for TLS: ${reason}`, hint, cause);
  }
}

function fault(file: string, problem: string, hint: string, cause?: unknown): RunnerError {
  return new RunnerError('CFG_OPTION', `${file} ${problem}`, { file, hint, ...(cause === undefined ? {} : { cause }) });
}

function pathsOf({ certificate, privateKey, clientCa }: TlsFiles): readonly string[] {
  return clientCa === undefined ? [certificate, privateKey] : [certificate, privateKey, clientCa];
}
