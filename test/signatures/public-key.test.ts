import { expect } from 'chai';
import { generateKeyPairSync, sign } from 'node:crypto';
import { RunnerError } from '../../src/core/errors.ts';
import { parsePublicKeys, type VerificationKey } from '../../src/signatures/public-key.ts';
import { recordedPayload, recordedSignatures } from './recorded.ts';

describe('a public key of --verify-images', () => {
  for (const recorded of recordedSignatures) {
    it(`verifies what cosign signed with it: ${recorded.what}`, async () => {
      const key = keyOf(recorded.publicPem);
      const payload = recordedPayload(recorded);
      const signature = Buffer.from(recorded.signature, 'base64');
      expect(await key.verifies(payload, signature)).to.equal(true);
      expect(await key.verifies(Buffer.concat([payload, Buffer.from('\n')]), signature)).to.equal(false);
      expect(await key.verifies(payload, signature.subarray(1))).to.equal(false);
      expect(await key.verifies(payload, Buffer.alloc(0))).to.equal(false);
      for (const other of recordedSignatures.filter(({ what }) => what !== recorded.what)) {
        expect(await keyOf(other.publicPem).verifies(payload, signature), other.what).to.equal(false);
      }
    });
  }

  for (const { what, curve, hash } of [
    { what: 'P-384 with SHA-256, as cosign signed before it chose by key', curve: 'P-384', hash: 'sha256' },
    { what: 'P-521 with SHA-256, as cosign signed before it chose by key', curve: 'P-521', hash: 'sha256' },
  ]) {
    it(`verifies ${what}`, async () => {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
      const message = Buffer.from('payload');
      const key = keyOf(publicKey.export({ type: 'spki', format: 'pem' }).toString());
      expect(await key.verifies(message, sign(hash, message, privateKey))).to.equal(true);
      expect(await key.verifies(message, sign('sha224', message, privateKey))).to.equal(false);
    });
  }

  it('verifies Ed25519 without hashing first, as cosign did', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const message = Buffer.from('payload');
    const key = keyOf(publicKey.export({ type: 'spki', format: 'pem' }).toString());
    expect(await key.verifies(message, sign(null, message, privateKey))).to.equal(true);
  });

  it('has the same fingerprint in whatever file, and another one than other keys', () => {
    const pems = recordedSignatures.map(({ publicPem }) => publicPem);
    const fingerprints = pems.map((pem) => keyOf(pem).fingerprint);
    expect(new Set(fingerprints).size).to.equal(pems.length);
    const [again] = parsePublicKeys(Buffer.from(`a comment\n${pems[0] ?? ''}`), 'elsewhere.pem');
    expect(again?.fingerprint).to.equal(fingerprints[0]);
  });

  it('may stand with others in one file', () => {
    const pems = recordedSignatures.map(({ publicPem }) => publicPem);
    expect(parsePublicKeys(Buffer.from(pems.join('')), 'keys.pem')).to.have.length(pems.length);
  });
});

const p256 = recordedSignatures[0]?.publicPem ?? '';

describe('a key file is refused, with its name and the reason', () => {
  for (const { what, text, reason } of [
    { what: 'empty', text: '', reason: 'no PEM public key' },
    { what: 'of no PEM', text: 'ssh-ed25519 AAAA', reason: 'no PEM public key' },
    { what: 'of a private key', text: pemOf('ENCRYPTED SIGSTORE PRIVATE KEY'), reason: 'private key' },
    { what: 'of a certificate', text: pemOf('CERTIFICATE'), reason: 'CERTIFICATE where a PUBLIC KEY is needed' },
    { what: 'of a PKCS #1 key', text: pemOf('RSA PUBLIC KEY'), reason: 'RSA PUBLIC KEY where a PUBLIC KEY' },
    { what: 'with a key beside a private one', text: p256 + pemOf('PRIVATE KEY'), reason: 'private key' },
    { what: 'without an END line', text: p256.replace(/-----END.*/, ''), reason: 'no END line' },
    { what: 'with a broken key', text: p256.replace('MFkw', 'MFkx'), reason: 'cannot be read' },
    { what: 'of short RSA', text: spki('rsa', { modulusLength: 1024 }), reason: '1024 bits is too short' },
    { what: 'of RSA-PSS', text: spki('rsa-pss', { modulusLength: 2048 }), reason: 'rsa-pss, which cosign does not' },
    { what: 'on another curve', text: spki('ec', { namedCurve: 'secp256k1' }), reason: 'secp256k1' },
    { what: 'for key agreement', text: spki('x25519', {}), reason: 'x25519' },
    { what: 'of 17 keys', text: p256.repeat(17), reason: 'more than 16' },
  ]) {
    it(what, () => {
      expect(() => parsePublicKeys(Buffer.from(text), '/keys/a.pem'))
        .to.throw(RunnerError, reason)
        .that.satisfies(
          ({ code, message, details }: RunnerError) =>
            code === 'CFG_OPTION' && message.includes('/keys/a.pem') && details.file === '/keys/a.pem',
        );
    });
  }
});

function keyOf(pem: string): VerificationKey {
  const [key] = parsePublicKeys(Buffer.from(pem), 'cosign.pub');
  if (key === undefined) throw new Error('no key');
  return key;
}

function pemOf(label: string): string {
  return `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
}

function spki(
  kind: 'rsa' | 'rsa-pss' | 'ec' | 'x25519',
  options: { modulusLength?: number; namedCurve?: string },
): string {
  const { modulusLength = 2048, namedCurve = 'P-256' } = options;
  const made = {
    rsa: () => generateKeyPairSync('rsa', { modulusLength }),
    'rsa-pss': () => generateKeyPairSync('rsa-pss', { modulusLength }),
    ec: () => generateKeyPairSync('ec', { namedCurve }),
    x25519: () => generateKeyPairSync('x25519'),
  }[kind]();
  return made.publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
