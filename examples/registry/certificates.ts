import 'reflect-metadata';
import { KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** When a certificate holds: from a day ago to a year from now unless said otherwise. */
export interface Validity {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** What an authority is asked to sign. Without any name in `dnsNames` and `ipAddresses` there is no SAN, only the CN. */
interface CertificateRequest extends Validity {
  /** Default: the first DNS name, else the first address, else `example`. */
  readonly commonName?: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** Makes a CA certificate (an intermediate) instead of a server's. */
  readonly ca?: boolean;
  /** Makes a certificate for clients to show instead of a server's. */
  readonly client?: boolean;
}

/** A certificate authority that lives for as long as the process that made it. */
export interface Authority extends KeyPair {
  issue(request: CertificateRequest): Promise<KeyPair>;
  /** An authority under this one. Servers must send its certificate after their own: {@link Authority.certificatePem}. */
  intermediate(commonName: string): Promise<Authority>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;

/** A self-signed authority with a fresh ECDSA P-256 key. */
export async function createAuthority(options: Validity & { readonly name?: string } = {}): Promise<Authority> {
  const keys = await newKeys();
  const extensions = [...caExtensions(), await keyIdentifier(keys)];
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { ...common(options), name: distinguishedName(options.name ?? 'Example CA'), keys, extensions },
    webcrypto,
  );
  return authority(certificate.toString('pem'), keys);
}

function authority(certificatePem: string, keys: webcrypto.CryptoKeyPair): Authority {
  const sign = async (request: CertificateRequest): Promise<Signed> => signWith(certificatePem, keys, request);
  return {
    certificatePem,
    keyPem: privateKeyPem(keys),
    issue: async (request) => {
      const signed = await sign(request);
      return { certificatePem: signed.certificatePem, keyPem: privateKeyPem(signed.keys) };
    },
    intermediate: async (commonName) => {
      const signed = await sign({ commonName, ca: true });
      return authority(signed.certificatePem, signed.keys);
    },
  };
}

interface Signed {
  readonly certificatePem: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

async function signWith(
  issuerPem: string,
  issuerKeys: webcrypto.CryptoKeyPair,
  request: CertificateRequest,
): Promise<Signed> {
  const keys = await newKeys();
  const commonName = request.commonName ?? request.dnsNames?.[0] ?? request.ipAddresses?.[0] ?? 'example';
  const extensions = [
    ...(request.ca === true ? caExtensions() : serverExtensions(request)),
    await keyIdentifier(keys),
    await AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey, false, webcrypto),
  ];
  const certificate = await X509CertificateGenerator.create(
    {
      ...common(request),
      subject: distinguishedName(commonName),
      issuer: distinguishedName(commonNameOf(issuerPem)),
      publicKey: keys.publicKey,
      signingKey: issuerKeys.privateKey,
      extensions,
    },
    webcrypto,
  );
  return { certificatePem: certificate.toString('pem'), keys };
}

function common(validity: Validity): { notBefore: Date; notAfter: Date; signingAlgorithm: typeof algorithm } {
  return {
    notBefore: validity.notBefore ?? new Date(Date.now() - dayMs),
    notAfter: validity.notAfter ?? new Date(Date.now() + 365 * dayMs),
    signingAlgorithm: algorithm,
  };
}

function caExtensions(): Extension[] {
  return [
    new BasicConstraintsExtension(true, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
  ];
}

function serverExtensions(request: CertificateRequest): Extension[] {
  const names: JsonGeneralNames = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([
      request.client === true ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth,
    ]),
    ...(names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)]),
  ];
}

/** Tells apart two authorities of one name, as a rotated one and its successor are. */
async function keyIdentifier(keys: webcrypto.CryptoKeyPair): Promise<Extension> {
  return SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto);
}

function distinguishedName(commonName: string): { CN: string[] }[] {
  return [{ CN: [commonName] }];
}

function commonNameOf(certificatePem: string): string {
  return new X509Certificate(certificatePem).subject.replace(/^CN=/, '');
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function privateKeyPem(keys: webcrypto.CryptoKeyPair): string {
  return KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
}
