import { expect } from 'chai';

import { createAuthority } from '../../../examples/registry/certificates.ts';
import { sendJson, startServer } from '../../support/http-server.ts';
import type { Handler, TestServer } from '../../support/http-server.ts';
import { imageContent, sendContent } from './image-content.ts';
import type { ImageContent } from './image-content.ts';
import { names, realmCases } from './realm-cases.ts';
import type { RealmCase } from './realm-cases.ts';
import { sendUnauthorized } from './scripted-registry.ts';
import { basicEntry, basicHeader, failureOfCall, useService } from './use-service.ts';
import type { ServiceSetup } from './use-service.ts';
import { VirtualNetwork } from './virtual-network.ts';

const tlsAddresses = [
  '93.184.216.34',
  '93.184.216.35',
  '10.1.2.3',
  '10.0.0.1',
  '192.168.7.7',
  '8.8.8.8',
  '127.0.0.1',
  '::1',
];
const canary = 'signed-canary';

describe('a registry that names a token service', () => {
  let caPem: string;
  let content: ImageContent;
  /** Registry and token service at once: it stands for every host of the network. */
  let tls: TestServer;
  let plain: TestServer;
  let network: VirtualNetwork;
  let realm = '';

  before(async () => {
    content = await imageContent();
    const authority = await createAuthority();
    caPem = authority.certificatePem;
    const certificate = await authority.issue({ dnsNames: Object.keys(names), ipAddresses: tlsAddresses });
    const handler: Handler = (request, response) => {
      if (!request.target.startsWith('/v2/')) sendJson(response, 200, { token: 't1' });
      else if (request.headers.authorization === 'Bearer t1') sendContent(content, request, response);
      else sendUnauthorized(response, `Bearer realm="${realm}?sig=${canary}",service="reg"`);
    };
    tls = await startServer(handler, { tls: certificate });
    plain = await startServer(handler);
  });

  after(async () => {
    await tls.stop();
    await plain.stop();
  });

  beforeEach(() => {
    network = new VirtualNetwork();
    for (const [name, address] of Object.entries(names)) network.name(name, address);
    for (const address of tlsAddresses) for (const port of [443, 5443, 8443]) network.serve(address, port, tls);
    for (const address of ['93.184.216.34', '127.0.0.1', '::1']) network.serve(address, 5000, plain);
  });

  for (const testCase of realmCases) {
    const { row, what, outcome } = testCase;
    it(`[${row}] is ${'dialled' in outcome ? 'followed to' : `${outcome.reason} for`} ${what}`, async () => {
      const tokenRequests = countTokenRequests();
      realm = testCase.realm;
      await useService(setupOf(testCase), async (service) => {
        const call = service.resolve(`${testCase.registry}/team/fn:v1`);
        if ('dialled' in outcome) {
          expect((await call).digest).to.equal(content.manifest.digest);
          expect(network.dialled).to.include(outcome.dialled);
          expect(tokenRequests()).to.have.lengthOf(1);
          expect(tokenRequests()[0]?.headers.authorization).to.equal(
            testCase.anonymous === true ? undefined : basicHeader('joe', 'pass'),
          );
        } else {
          const failure = await failureOfCall(call);
          expect(failure.reason).to.equal(outcome.reason);
          expect(failure.message + failure.hint)
            .not.to.include(canary)
            .and.not.include('word@');
          expect(tokenRequests()).to.deep.equal([]);
          expect(new Set(network.dialled)).to.deep.equal(new Set([registryDial(testCase)]));
        }
      });
    });
  }

  it('[7.2.2] is AUTH_REALM with both URLs in it, without their queries, for http and a login', async () => {
    const tokenRequests = countTokenRequests();
    realm = 'http://auth.example.com/token';
    const testCase = { registry: 'registry.example.com' };
    const failure = await useService(setupOf(testCase), async (service) =>
      failureOfCall(service.resolve('registry.example.com/team/fn:v1')),
    );
    expect(failure).to.include({ status: 'PERMISSION_DENIED', reason: 'AUTH_REALM' });
    expect(failure.message)
      .to.include('https://registry.example.com:443')
      .and.include('http://auth.example.com/token ');
    expect(failure.message).not.to.include(canary);
    expect(tokenRequests()).to.deep.equal([]);
    expect(network.dialled.every((address) => address === '93.184.216.34 443')).to.equal(true);
  });

  for (const url of [
    'https://169.254.169.254/token',
    'https://to-metadata.example.com/token',
    'https://[::ffff:a9fe:a9fe]/token',
    'https://0x7f.1/token',
  ]) {
    it(`[7.2.1] never has ${url} connected to`, async () => {
      realm = url;
      const setup = setupOf({ registry: 'registry.example.com' });
      const failure = await useService(setup, async (service) =>
        failureOfCall(service.resolve('registry.example.com/team/fn:v1')),
      );
      expect(failure.reason).to.equal('AUTH_REALM');
      expect(new Set(network.dialled)).to.deep.equal(new Set(['93.184.216.34 443']));
    });
  }

  it('[RM18] has a redirect of its token service refused, and nothing sent where it leads', async () => {
    const redirecting = await startServer(
      (request, response) => {
        if (request.target.startsWith('/v2/'))
          sendUnauthorized(response, 'Bearer realm="https://registry.example.com/token"');
        else response.writeHead(307, { location: 'https://auth.example.com/token' }).end();
      },
      { tls: await (await newAuthority()).issue({ dnsNames: ['registry.example.com'] }) },
    );
    network.serve('93.184.216.34', 443, redirecting);
    const setup = { ...setupOf({ registry: 'registry.example.com' }), caPem: authorityPem };
    const failure = await useService(setup, async (service) =>
      failureOfCall(service.resolve('registry.example.com/team/fn:v1')),
    );
    await redirecting.stop();
    expect(failure.reason).to.equal('REDIRECT_REFUSED');
    expect(network.dialled).not.to.include('93.184.216.35 443');
  });

  let authorityPem = '';

  async function newAuthority(): ReturnType<typeof createAuthority> {
    const authority = await createAuthority();
    authorityPem = authority.certificatePem;
    return authority;
  }

  function setupOf({ registry, listed, anonymous }: Partial<RealmCase> & { registry: string }): ServiceSetup {
    return {
      caPem,
      auths: anonymous === true ? {} : { [registry]: basicEntry('joe', 'pass') },
      flags: listed === true ? [`--insecure-registries=${registry}`] : [],
      overrides: network.overrides,
    };
  }

  /** The requests from now on that are for tokens. */
  function countTokenRequests(): () => TestServer['requests'] {
    const starts = [tls, plain].map((server) => server.requests.length);
    return () =>
      [tls, plain].flatMap((server, at) =>
        server.requests.slice(starts[at]).filter((request) => !request.target.startsWith('/v2/')),
      );
  }
});

function registryDial({ registry, plaintext }: RealmCase): string {
  const { hostname, port } = new URL(`http://${registry}`);
  const host = hostname.replaceAll(/[[\]]/g, '');
  return `${names[host] ?? host} ${port === '' ? (plaintext === true ? '80' : '443') : port}`;
}
