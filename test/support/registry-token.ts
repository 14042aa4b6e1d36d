import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';

/** What a registry token says; see "Token Authentication Specification" of the distribution project. */
export interface TokenClaims {
  readonly issuer: string;
  /** The registry's `service`. */
  readonly audience: string;
  /** Account name; empty for an anonymous token. */
  readonly subject: string;
  readonly access: readonly { readonly type: string; readonly name: string; readonly actions: readonly string[] }[];
  readonly lifeSeconds: number;
}

/** An ES256 token whose certificate travels in `x5c`, as docker-registry checks it against its root bundle. */
export function signRegistryToken(
  claims: TokenClaims,
  signer: { readonly certificatePem: string; readonly keyPem: string },
): string {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const header = {
    typ: 'JWT',
    alg: 'ES256',
    x5c: [new X509Certificate(signer.certificatePem).raw.toString('base64')],
  };
  const payload = {
    iss: claims.issuer,
    sub: claims.subject,
    aud: claims.audience,
    exp: nowSeconds + claims.lifeSeconds,
    nbf: nowSeconds - 10,
    iat: nowSeconds,
    jti: randomUUID(),
    access: claims.access,
  };
  const signed = `${part(header)}.${part(payload)}`;
  const signature = sign('sha256', Buffer.from(signed), {
    key: createPrivateKey(signer.keyPem),
    dsaEncoding: 'ieee-p1363',
  });
  return `${signed}.${signature.toString('base64url')}`;
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
