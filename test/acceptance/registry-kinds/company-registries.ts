import { error, missingTag, type RegistryKind } from './registry-kind.ts';

const harborWords = 'unauthorized to access repository: team/fn, action: pull';

const harbor: RegistryKind = {
  rows: '[Q13]',
  name: 'Harbor',
  image: 'harbor.example.com/team/fn',
  apiHost: 'harbor.example.com',
  repository: 'team/fn',
  keys: ['harbor.example.com', 'https://harbor.example.com', 'harbor.example.com/team', '*.example.com'],
  login: { username: 'robot$team+runner', password: 'Harbor12345' },
  challenge:
    'Bearer realm="https://harbor.example.com/service/token",service="harbor-registry",scope="repository:team/fn:pull"',
  unauthorized: {
    status: 401,
    body: error('UNAUTHORIZED', `${harborWords}: ${harborWords}`),
    headers: { 'set-cookie': 'sid=0029ac0cfac1; Path=/; HttpOnly' },
  },
  tokens: {
    host: 'harbor.example.com',
    path: '/service/token',
    service: 'harbor-registry',
    scope: 'repository:team/fn:pull',
    answer: (token) => ({ token, access_token: '', expires_in: 1800, issued_at: '2026-01-01T00:00:00Z' }),
    refusal: undefined,
  },
  missing: { status: 404, body: error('NOT_FOUND', 'artifact team/fn:v9 not found') },
  failures: {
    wrongPassword: { reason: 'AUTH_REFUSED', says: harborWords },
    noLogin: { reason: 'AUTH_DENIED', says: harborWords },
    missingTag,
  },
};

const artifactory: RegistryKind = {
  rows: '[Q12]',
  name: 'JFrog Artifactory, by repository path',
  image: 'artifactory.example.com/docker-local/team/fn',
  apiHost: 'artifactory.example.com',
  repository: 'docker-local/team/fn',
  keys: ['artifactory.example.com', 'https://artifactory.example.com', 'artifactory.example.com/docker-local'],
  login: { username: 'runner', password: 'cmVmdGtuOjAxOjE3' },
  challenge:
    'Bearer realm="https://artifactory.example.com:443/artifactory/api/docker/docker-local/v2/token",service="artifactory.example.com:443",scope="repository:team/fn:pull"',
  unauthorized: {
    status: 401,
    type: 'application/json;charset=ISO-8859-1',
    body: error('UNAUTHORIZED', 'authentication required', null),
  },
  tokens: {
    host: 'artifactory.example.com',
    path: '/artifactory/api/docker/docker-local/v2/token',
    service: 'artifactory.example.com:443',
    scope: 'repository:team/fn:pull',
    answer: (token) => ({ token, expires_in: 3600 }),
    refusal: { status: 401, body: '{"statusCode":401,"details":"BAD_CREDENTIAL"}' },
  },
  missing: {
    status: 404,
    body: error('MANIFEST_UNKNOWN', 'The named manifest is not known to the registry.', { manifest: 'team/fn/v9' }),
  },
  failures: {
    wrongPassword: { reason: 'AUTH_REFUSED', says: 'BAD_CREDENTIAL' },
    noLogin: { reason: 'AUTH_DENIED', says: 'artifactory.example.com/docker-local' },
    missingTag,
  },
};

const artifactoryBasic: RegistryKind = {
  ...artifactory,
  name: 'JFrog Artifactory, older ones',
  challenge: 'Basic realm="Artifactory Realm"',
  unauthorized: {
    status: 401,
    body: '{\n  "errors" : [ {\n    "status" : 401,\n    "message" : "Bad credentials"\n  } ]\n}',
  },
  tokens: undefined,
  failures: {
    ...artifactory.failures,
    wrongPassword: { reason: 'AUTH_REFUSED', says: 'Bad credentials' },
  },
};

const quay: RegistryKind = {
  rows: '[Q14]',
  name: 'Quay',
  image: 'quay.io/org/fn',
  apiHost: 'quay.io',
  repository: 'org/fn',
  keys: ['quay.io', 'https://quay.io', 'quay.io/org'],
  login: { username: 'org+robot', password: 'Y8QK0ABCDEFGH' },
  challenge: 'Bearer realm="https://quay.io/v2/auth",service="quay.io",scope="repository:org/fn:pull"',
  unauthorized: {
    status: 401,
    body: error('UNAUTHORIZED', 'access to the requested resource is not authorized', {}),
  },
  tokens: {
    host: 'quay.io',
    path: '/v2/auth',
    service: 'quay.io',
    scope: 'repository:org/fn:pull',
    answer: (token) => ({ token }),
    refusal: {
      status: 401,
      body: error('UNAUTHORIZED', 'Could not find robot with username: org+robot and supplied password.', {}),
    },
  },
  missing: { status: 404, body: error('MANIFEST_UNKNOWN', 'manifest unknown', {}) },
  failures: {
    wrongPassword: { reason: 'AUTH_REFUSED', says: 'Could not find robot' },
    noLogin: { reason: 'AUTH_DENIED', says: 'quay.io/org/fn, quay.io/org, quay.io' },
    missingTag,
  },
};

/** Those that a company runs itself. */
export const companyRegistries: readonly RegistryKind[] = [harbor, artifactory, artifactoryBasic, quay];
