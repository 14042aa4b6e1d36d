import { error, missingTag, pullOf, type RegistryKind } from './registry-kind.ts';

const hub: RegistryKind = {
  rows: '[Q1] [Q2] [Q3] [HB1]',
  name: 'Docker Hub',
  image: 'team/fn',
  apiHost: 'registry-1.docker.io',
  repository: 'team/fn',
  keys: ['https://index.docker.io/v1/', 'docker.io', 'index.docker.io', 'registry-1.docker.io', 'docker.io/team'],
  login: { username: 'team', password: 'dckr_pat_4-xYz' },
  challenge: 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:team/fn:pull"',
  unauthorized: { status: 401, body: error('UNAUTHORIZED', 'authentication required', pullOf('team/fn')) },
  tokens: {
    host: 'auth.docker.io',
    path: '/token',
    service: 'registry.docker.io',
    scope: 'repository:team/fn:pull',
    answer: (token) => ({ token, access_token: token, expires_in: 300, issued_at: '2026-01-01T00:00:00.000000Z' }),
    refusal: { status: 401, body: '{"details":"incorrect username or password"}' },
  },
  missing: {
    status: 404,
    body: error('MANIFEST_UNKNOWN', 'manifest unknown', 'unknown tag=v9'),
    headers: { 'ratelimit-limit': '100;w=21600', 'ratelimit-remaining': '99;w=21600' },
  },
  forbidden: {
    words: {
      status: 401,
      body: error('UNAUTHORIZED', 'authentication required', pullOf('team/fn-guarded')),
      headers: {
        'www-authenticate':
          'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:team/fn-guarded:pull",error="insufficient_scope"',
      },
    },
    failure: { reason: 'AUTH_REFUSED', says: 'do not allow pulling team/fn-guarded, or it does not exist' },
  },
  failures: {
    wrongPassword: { reason: 'AUTH_REFUSED', says: 'incorrect username or password' },
    noLogin: { reason: 'AUTH_DENIED', says: 'https://index.docker.io/v1/' },
    missingTag,
  },
};

const github: RegistryKind = {
  rows: '[Q15]',
  name: 'GitHub (GHCR)',
  image: 'ghcr.io/org/fn',
  apiHost: 'ghcr.io',
  repository: 'org/fn',
  keys: ['ghcr.io', 'https://ghcr.io', 'ghcr.io/org'],
  login: { username: 'anybody', password: 'ghp_0123456789abcdefghij' },
  challenge: 'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:org/fn:pull"',
  unauthorized: { status: 401, body: error('UNAUTHORIZED', 'authentication required') },
  tokens: {
    host: 'ghcr.io',
    path: '/token',
    service: 'ghcr.io',
    scope: 'repository:org/fn:pull',
    answer: (token) => ({ token }),
    refusal: { status: 403, body: error('DENIED', 'denied') },
    refusesNobody: true,
  },
  missing: { status: 404, body: error('MANIFEST_UNKNOWN', 'manifest unknown') },
  failures: {
    wrongPassword: { reason: 'AUTH_REFUSED', says: '403 Forbidden: DENIED: denied' },
    noLogin: { reason: 'AUTH_DENIED', says: 'ghcr.io/org/fn, ghcr.io/org, ghcr.io' },
    missingTag,
  },
};

const google: RegistryKind = {
  rows: '[Q5] [Q6]',
  name: 'Google Artifact Registry',
  image: 'europe-docker.pkg.dev/project/repo/fn',
  apiHost: 'europe-docker.pkg.dev',
  repository: 'project/repo/fn',
  keys: ['europe-docker.pkg.dev', 'https://europe-docker.pkg.dev', '*.pkg.dev', 'europe-docker.pkg.dev/project/repo'],
  login: { username: '_json_key', password: '{\n  "type": "service_account",\n  "private_key": "a\\nb:c"\n}\n' },
  challenge:
    'Bearer realm="https://europe-docker.pkg.dev/v2/token",service="europe-docker.pkg.dev",scope="repository:project/repo/fn:pull"',
  unauthorized: { status: 401, body: error('UNAUTHORIZED', 'authentication failed') },
  tokens: {
    host: 'europe-docker.pkg.dev',
    path: '/v2/token',
    service: 'europe-docker.pkg.dev',
    scope: 'repository:project/repo/fn:pull',
    answer: (token) => ({ token, expires_in: 3600 }),
    refusal: { status: 401, body: error('UNAUTHORIZED', 'authentication failed') },
  },
  missing: { status: 404, body: error('MANIFEST_UNKNOWN', 'Failed to fetch "v9"') },
  forbidden: {
    words: {
      status: 403,
      body: error(
        'DENIED',
        'Permission "artifactregistry.repositories.downloadArtifacts" denied on resource "projects/project/locations/europe/repositories/repo" (or it may not exist)',
      ),
    },
    failure: { reason: 'AUTH_FORBIDDEN', says: 'Permission "artifactregistry.repositories.downloadArtifacts" denied' },
  },
  failures: {
    wrongPassword: { reason: 'AUTH_REFUSED', says: 'authentication failed' },
    noLogin: { reason: 'AUTH_DENIED', says: 'europe-docker.pkg.dev/project/repo' },
    missingTag,
  },
};

const ecrHost = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

const amazon: RegistryKind = {
  rows: '[Q9] [Q10]',
  name: 'Amazon ECR',
  image: `${ecrHost}/team/fn`,
  apiHost: ecrHost,
  repository: 'team/fn',
  keys: [ecrHost, `https://${ecrHost}`, '*.dkr.ecr.*.amazonaws.com'],
  login: { username: 'AWS', password: 'eyJwYXlsb2FkIjoiQUJD' },
  challenge: `Basic realm="https://${ecrHost}/",service="ecr.amazonaws.com"`,
  tokens: undefined,
  /** So it says twelve hours after the login was made. */
  forbidden: {
    words: {
      status: 403,
      body: error('DENIED', 'Your authorization token has expired. Reauthenticate and try again.'),
    },
    failure: { reason: 'AUTH_FORBIDDEN', says: 'Your authorization token has expired' },
  },
  unauthorized: { status: 401, type: 'text/plain; charset=utf-8', body: 'Not Authorized\n' },
  missing: { status: 404, body: error('MANIFEST_UNKNOWN', 'Requested image not found') },
  failures: {
    wrongPassword: { reason: 'AUTH_REFUSED', says: 'Not Authorized' },
    noLogin: { reason: 'AUTH_DENIED', says: ecrHost },
    missingTag,
  },
};

const azureUser = '00000000-0000-0000-0000-000000000000';

const azure: RegistryKind = {
  rows: '[Q7] [Q8]',
  name: 'Azure (ACR)',
  image: 'team.azurecr.io/fn',
  apiHost: 'team.azurecr.io',
  repository: 'fn',
  keys: ['team.azurecr.io', 'https://team.azurecr.io', '*.azurecr.io'],
  login: { username: azureUser, password: 'eyJhbGciOiJSUzI1NiJ9.refresh.token' },
  challenge: 'Bearer realm="https://team.azurecr.io/oauth2/token",service="team.azurecr.io",scope="repository:fn:pull"',
  unauthorized: {
    status: 401,
    body: error(
      'UNAUTHORIZED',
      'authentication required, visit https://aka.ms/acr/authorization for more information.',
      pullOf('fn'),
    ),
  },
  tokens: {
    host: 'team.azurecr.io',
    path: '/oauth2/token',
    service: 'team.azurecr.io',
    scope: 'repository:fn:pull',
    answer: (token) => ({ access_token: token }),
    refusal: {
      status: 401,
      body: error('UNAUTHORIZED', 'authentication required, visit https://aka.ms/acr/authorization'),
    },
    refusesNobody: true,
    refreshToken: 'eyJhbGciOiJSUzI1NiJ9.refresh.token',
  },
  missing: {
    status: 404,
    body: error('MANIFEST_UNKNOWN', 'manifest tagged by "v9" is not found', { Name: 'fn', Tag: 'v9' }),
  },
  failures: {
    wrongPassword: { reason: 'AUTH_REFUSED', says: 'https://aka.ms/acr/authorization' },
    noLogin: { reason: 'AUTH_DENIED', says: 'team.azurecr.io/fn, team.azurecr.io' },
    missingTag,
  },
};

/** Those that are rented. */
export const cloudRegistries: readonly RegistryKind[] = [hub, github, google, amazon, azure];
