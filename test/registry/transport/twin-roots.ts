import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { KeyPair } from '../../../examples/registry/certificates.ts';

const dayMs = 86_400_000;
const sha256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const sha1 = { ...sha256, hash: 'SHA-1' } as const;

export interface TwinRoots {
  readonly expiredPem: string;
  readonly validPem: string;
  /** Signed by the key that both roots certify. */
  readonly leaf: KeyPair;
  /** The same with a signature over SHA-1. */
  readonly weakLeaf: KeyPair;
  /** Its own issuer. */
  readonly selfSigned: KeyPair;
}

/** Two certificates of one authority key, one of them expired, and server certificates for 127.0.0.1 under both. */
export async function createTwinRoots(): Promise<TwinRoots> {
  const keys = await webcrypto.subtle.generateKey(sha256, true, ['sign', 'verify']);
  const root = async (fromDays: number, toDays: number): Promise<string> => {
    const certificate = await X509CertificateGenerator.createSelfSigned(
      {
        name: 'CN=Twin',
        keys,
        ...validity(fromDays, toDays),
        signingAlgorithm: sha256,
        extensions: [
          new BasicConstraintsExtension(true, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
        ],
      },
      webcrypto,
    );
    return certificate.toString('pem');
  };
  return {
    expiredPem: await root(-20, -10),
    validPem: await root(-20, 10),
    leaf: await leafUnder(keys, sha256),
    weakLeaf: await leafUnder(keys, sha1),
    selfSigned: await selfSignedLeaf(),
  };
}

async function leafUnder(
  issuer: webcrypto.CryptoKeyPair,
  signingAlgorithm: typeof sha256 | typeof sha1,
): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(sha256, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create(
    {
      subject: 'CN=leaf',
      issuer: 'CN=Twin',
      publicKey: keys.publicKey,
      signingKey: issuer.privateKey,
      ...validity(-5, 5),
      signingAlgorithm,
      extensions: [forLoopback()],
    },
    webcrypto,
  );
  return { certificatePem: certificate.toString('pem'), keyPem: pemOf(keys.privateKey) };
}

async function selfSignedLeaf(): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(sha256, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    { name: 'CN=leaf', keys, ...validity(-5, 5), signingAlgorithm: sha256, extensions: [forLoopback()] },
    webcrypto,
  );
  return { certificatePem: certificate.toString('pem'), keyPem: pemOf(keys.privateKey) };
}

function forLoopback(): SubjectAlternativeNameExtension {
  return new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]);
}

function pemOf(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}

function validity(fromDays: number, toDays: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() + fromDays * dayMs), notAfter: new Date(Date.now() + toDays * dayMs) };
}
