import { expect } from 'chai';
import { Secret } from '../../src/core/secret.ts';
import { AttemptLog } from '../../src/registry/trust/attempt-log.ts';
import { registryEndpoint, urlEndpoint } from '../../src/registry/endpoint.ts';
import { requestHeaders } from '../../src/registry/transport/request-headers.ts';
import type { Route, TransportRequest } from '../../src/registry/transport/transport-request.ts';

const url = new URL('https://registry.example/v2/');
const route: Route = {
  step: 'system-ca',
  origin: 'https://registry.example:443',
  authority: 'registry.example',
  credentialsAllowed: true,
  insecureListed: true,
  addresses: ['203.0.113.7'],
};
const request: TransportRequest = {
  target: { kind: 'registry', endpoint: registryEndpoint('registry.example'), path: '/v2/' },
  method: 'GET',
  headers: { Accept: '*/*', 'User-Agent': 'test', Cookie: 'a=b', Authorization: 'Basic x', 'X-Session': 'secret' },
  authorize: () => new Secret('Basic canary'),
  attempts: new AttemptLog(),
  signal: new AbortController().signal,
};

describe('the headers of one hop', () => {
  it('hold the authorization that the caller gives for the own origin, and never a cookie', () => {
    const hop = { kind: 'registry', endpoint: urlEndpoint(url), path: '/v2/', own: true, sender: undefined } as const;
    expect(requestHeaders(hop, request, route)).to.deep.equal({
      accept: '*/*',
      'user-agent': 'test',
      'x-session': 'secret',
      authorization: 'Basic canary',
    });
  });

  for (const [where, allowed, endpoint, told] of [
    ['where a login may go', true, urlEndpoint(url), true],
    ['to nobody else', false, urlEndpoint(url), false],
    ['in clear where the node says so', false, { ...urlEndpoint(url), plaintextAllowed: true }, true],
  ] as const) {
    it(`hold those of the node, of which the user agent alone replaces ours: ${where}`, () => {
      const hop = { kind: 'registry', endpoint, path: '/v2/', own: true, sender: undefined } as const;
      const nodeHeaders = { 'x-key': 'k', 'user-agent': 'node', accept: 'nothing', cookie: 'c=d' };
      const own = { accept: '*/*', 'x-session': 'secret', authorization: 'Basic canary' };
      expect(requestHeaders(hop, { ...request, nodeHeaders }, { ...route, credentialsAllowed: allowed })).to.deep.equal(
        told ? { ...own, 'x-key': 'k', 'user-agent': 'node' } : { ...own, 'user-agent': 'test' },
      );
    });
  }

  it('[HBND2] tell another host nothing, whatever the caller would give it', () => {
    const hop = { kind: 'redirect', endpoint: urlEndpoint(url), path: '/v2/', own: false, sender: route } as const;
    expect(requestHeaders(hop, request, route)).to.deep.equal({ accept: '*/*', 'user-agent': 'test' });
  });
});
