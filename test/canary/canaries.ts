/** One secret of each kind; each stands in one place of the scenarios and nowhere else. */
export const canaries = {
  password: 'canary:Password/7f3a9c',
  bearerToken: 'canary-bearer-token.eyJhbGciOi.9d1e',
  identityToken: 'canary-identity-token-55b0c2',
  registryToken: 'canary-registry-token-81aa37',
  signature: 'canary-signature-c04f1be2',
  proxyPassword: 'canary-proxy-password-3e77',
  userInfo: 'canary-user-info-0a92fd',
} as const;

const user = 'robot$runner';
export const secrets: readonly string[] = Object.values(canaries);

/** What the credentials file holds for the registry, by kind. */
export const entries = {
  none: {},
  basic: { auth: Buffer.from(`${user}:${canaries.password}`).toString('base64') },
  identity: {
    auth: Buffer.from(`00000000-0000-0000-0000-000000000000:${canaries.password}`).toString('base64'),
    identitytoken: canaries.identityToken,
  },
  registry: { registrytoken: canaries.registryToken },
  broken: { auth: `${Buffer.from(`${user}:${canaries.password}`).toString('base64')}!` },
} as const;
