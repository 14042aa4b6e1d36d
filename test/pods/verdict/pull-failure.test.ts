import { expect } from 'chai';
import { pullFailure, type PullFailure } from '../../../src/pods/verdict/pull-failure.ts';

const unpack = 'rpc error: code = Unknown desc = failed to pull and unpack image "r.example/x:v1":';
const resolve = `${unpack} failed to resolve reference "r.example/x:v1":`;
const backOff = 'Back-off pulling image "r.example/x:v1": ErrImagePull:';
const crio = 'rpc error: code = Unknown desc =';

const messages: readonly (readonly [failure: PullFailure | undefined, message: string])[] = [
  // containerd
  [
    'denied',
    `${resolve} failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://r.example/token?scope=repository%3Ax%3Apull&service=r: 401 Unauthorized`,
  ],
  ['denied', `${resolve} failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden`],
  ['denied', `${resolve} unexpected status from HEAD request to https://r.example/v2/x/manifests/v1: 403 Forbidden`],
  ['denied', `${resolve} pulling from host r.example failed with status code [manifests v1]: 401 Unauthorized`],
  [
    'denied',
    `${resolve} pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
  ],
  ['denied', `${backOff} ${resolve} unexpected status code [manifests v1]: 401 Unauthorized`],
  [
    'denied',
    `${unpack} failed to copy: httpReadSeeker: failed open: unexpected status from GET request to https://r.example/v2/x/blobs/sha256:404: 403 Forbidden`,
  ],
  [
    'not-found',
    `rpc error: code = NotFound desc = failed to pull and unpack image "r.example/x:v1": failed to resolve reference "r.example/x:v1": r.example/x:v1: not found`,
  ],
  ['not-found', `${backOff} rpc error: code = NotFound desc = ${resolve} r.example/x:v1: not found`],
  [
    'certificate',
    `${resolve} failed to do request: Head "https://r.example/v2/x/manifests/v1": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  ],
  [
    'certificate',
    `${resolve} failed to do request: Head "https://r.example/v2/x/manifests/v1": x509: certificate has expired or is not yet valid`,
  ],
  [
    'plaintext',
    `${resolve} failed to do request: Head "https://r.example/v2/x/manifests/v1": http: server gave HTTP response to HTTPS client`,
  ],
  [
    'plaintext',
    `${resolve} failed to do request: Head "https://r.example:5000/v2/x/manifests/v1": tls: first record does not look like a TLS handshake`,
  ],
  [
    'client-certificate',
    `${resolve} failed to do request: Head "https://r.example/v2/x/manifests/v1": remote error: tls: certificate required`,
  ],
  [
    'client-certificate',
    `${crio} pinging container registry r.example: Get "https://r.example/v2/": remote error: tls: bad certificate`,
  ],
  [
    'plaintext',
    `${crio} pinging container registry localhost:32000: Get "https://localhost:32000/v2/": http: server gave HTTP response to HTTPS client`,
  ],
  [
    'platform',
    `rpc error: code = NotFound desc = failed to pull and unpack image "r.example/x:v1": no match for platform in manifest: not found`,
  ],
  // CRI-O
  [
    'denied',
    `${crio} initializing source docker://r.example/x:v1: reading manifest v1 in r.example/x: unauthorized: authentication required`,
  ],
  [
    'denied',
    `${crio} reading manifest v1 in docker.io/acme/x: errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required`,
  ],
  ['denied', `${crio} Requesting bearer token: invalid status code from registry 403 (Forbidden)`],
  ['denied', `${crio} unable to retrieve auth token: invalid username/password: unauthorized`],
  ['not-found', `${crio} reading manifest v1 in r.example/x: manifest unknown: manifest unknown`],
  ['not-found', `${crio} reading manifest v1 in r.example/x: name unknown`],
  [
    'certificate',
    `${crio} pinging container registry r.example: Get "https://r.example/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  ],
  [
    'platform',
    `${crio} choosing an image from manifest list docker://r.example/x:v1: no image found in manifest list for architecture "arm64", variant "v8", OS "linux"`,
  ],
  // cloud registries
  [
    'denied',
    `${resolve} pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
  ],
  [
    'denied',
    `${resolve} failed to authorize: failed to fetch oauth token: denied: Permission "artifactregistry.repositories.downloadArtifacts" denied on resource "projects/p/locations/l/repositories/r" (or it may not exist)`,
  ],
  // may pass
  [
    undefined,
    `${resolve} unexpected status from HEAD request to https://r.example/v2/x/manifests/v1: 429 Too Many Requests`,
  ],
  [
    undefined,
    `${unpack} failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/library/x/manifests/sha256:1: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit`,
  ],
  [
    undefined,
    `${resolve} unexpected status from HEAD request to https://r.example/v2/x/manifests/v1: 503 Service Unavailable`,
  ],
  [
    undefined,
    `${resolve} failed to authorize: failed to fetch oauth token: unexpected status: 500 Internal Server Error`,
  ],
  [undefined, `${crio} Requesting bearer token: invalid status code from registry 502 (Bad Gateway)`],
  [
    undefined,
    `${resolve} failed to do request: Head "https://r.example/v2/x/manifests/v1": dial tcp 10.0.0.1:443: i/o timeout`,
  ],
  [
    undefined,
    `${resolve} failed to do request: Head "https://r.example/v2/x/manifests/v1": net/http: TLS handshake timeout`,
  ],
  [
    undefined,
    `${resolve} failed to do request: Head "https://r.example/v2/": dial tcp: lookup r.example on 10.96.0.10:53: no such host`,
  ],
  [
    undefined,
    `${crio} pinging container registry r.example: Get "https://r.example/v2/": dial tcp 10.0.0.1:443: connect: connection refused`,
  ],
  [undefined, 'rpc error: code = DeadlineExceeded desc = context deadline exceeded'],
  [undefined, 'Back-off pulling image "r.example/x:v1"'],
  [undefined, ''],
  [undefined, 'pull QPS exceeded'],
  [undefined, 'rpc error: code = Unavailable desc = connection error'],
  [undefined, 'failed to pull and unpack image "r.example/x:v1": failed to extract layer: mkdir: permission denied'],
  // names that look like reasons
  [undefined, 'Back-off pulling image "r.example/denied/not-found:401-unauthorized"'],
  [
    undefined,
    `${crio} reading blob sha256:401403404 in r.example/forbidden:404: write /var/lib/containers: input/output error`,
  ],
  [
    undefined,
    'failed to pull and unpack image "r.example/x509:v1": failed to extract layer sha256:401: no space left on device',
  ],
  [
    'not-found',
    'rpc error: code = NotFound desc = failed to resolve reference "r.example/500-timeout/x:429": r.example/500-timeout/x:429: not found',
  ],
];

describe("a node's message about an image that it could not pull", () => {
  for (const [failure, message] of messages) {
    it(`${failure === undefined ? 'may pass' : `is final, ${failure}`}: ${JSON.stringify(message.slice(0, 250))}`, () => {
      expect(pullFailure(message)).to.equal(failure);
    });
  }
});
