import { expect } from 'chai';
import { sendJson } from '../../support/http-server.ts';
import type { Handler } from '../../support/http-server.ts';
import { sendContent } from '../protocol/image-content.ts';
import { basicEntry, basicHeader, failureOf, useService } from '../protocol/use-service.ts';
import type { ServiceSetup } from '../protocol/use-service.ts';
import { VirtualNetwork } from '../protocol/virtual-network.ts';
import { startConnectProxy } from './connect-proxy.ts';
import type { ConnectProxy, ConnectProxyOptions } from './connect-proxy.ts';
import { authorizationsSeen, imageAt, noSystemRoots, setStage, withoutJitter, withServer } from './stage.ts';
import type { Stage } from './stage.ts';
import { reasonAt, stepsOf } from './steps.ts';

const login = basicEntry('joe', 'pass');
const loginHeader = basicHeader('joe', 'pass');
const image = 'registry.example:5000/team/fn:v1';
const auths = { 'registry.example:5000': login };

async function withProxy<T>(options: ConnectProxyOptions, work: (proxy: ConnectProxy) => Promise<T>): Promise<T> {
  const proxy = await startConnectProxy(options);
  try {
    return await work(proxy);
  } finally {
    await proxy.stop();
  }
}

/** Names that nobody but the proxy can look up. */
function behind(
  proxy: ConnectProxy,
  environment: Readonly<Record<string, string>> = {},
): NonNullable<ServiceSetup['overrides']> {
  const url = `http://user:canary%40pass@127.0.0.1:${String(proxy.port)}`;
  return {
    ...noSystemRoots,
    ...withoutJitter,
    lookup: new VirtualNetwork().overrides.lookup ?? (async () => Promise.resolve([])),
    environment: { HTTPS_PROXY: url, HTTP_PROXY: url, ...environment },
  };
}

describe('proxies, through the service', () => {
  let stage: Stage;
  let guarded: Handler;
  let caPem: string;

  before(async () => {
    stage = await setStage();
    caPem = stage.authority.certificatePem;
    guarded = (request, response) => {
      if (request.headers.authorization === loginHeader) sendContent(stage.content, request, response);
      else sendJson(response, 401, { errors: [] }, { 'www-authenticate': 'Basic realm="test"' });
    };
  });

  it('[PX12] reaches a registry by CONNECT under the mounted CA, and shows the proxy no credentials but its own', async () => {
    await withServer(guarded, { tls: stage.tls }, async (server) =>
      withProxy({ hosts: { 'registry.example:5000': server } }, async (proxy) => {
        await useService({ caPem, auths, overrides: behind(proxy) }, async (service) => {
          const answer = await service.resolve(image);
          expect(stepsOf(answer)).to.deep.equal(['mounted-ca ok']);
          expect(authorizationsSeen(server)).to.include(loginHeader);
          expect(new Set(proxy.tunnels)).to.deep.equal(new Set(['registry.example:5000']));
          expect(proxy.headers.map(({ authorization }) => authorization)).to.deep.equal([undefined]);
          expect(proxy.headers.map((headers) => headers['proxy-authorization'])).to.deep.equal([
            basicHeader('user', 'canary@pass'),
          ]);
          expect(server.requests.every(({ headers }) => headers['proxy-authorization'] === undefined)).to.equal(true);
          expect(service.logLines.join('\n')).to.not.contain('canary');
        });
      }),
    );
  });

  it('[PX12] walks the chain through the proxy, and takes its word for nothing', async () => {
    await withServer(stage.serve, { tls: stage.strangersTls }, async (server) =>
      withProxy({ hosts: { 'registry.example:5000': server } }, async (proxy) => {
        const failure = await failureOf({ caPem, overrides: behind(proxy) }, image);
        expect(failure.reason).to.equal('TLS_UNTRUSTED');
        expect(stepsOf(failure)).to.deep.equal(['mounted-ca failed', 'system-ca failed', 'plaintext skipped']);
      }),
    );
  });

  it('[PX12] holds the certificate behind the proxy to the name of the registry', async () => {
    const misnamed = await stage.authority.issue({ dnsNames: ['elsewhere.example'], ipAddresses: ['127.0.0.1'] });
    await withServer(stage.serve, { tls: misnamed }, async (server) =>
      withProxy({ hosts: { 'registry.example:5000': server } }, async (proxy) => {
        expect((await failureOf({ caPem, overrides: behind(proxy) }, image)).reason).to.equal('TLS_NAME');
        expect(server.requests).to.deep.equal([]);
      }),
    );
  });

  const refusals = [
    { refusal: '407 Proxy Authentication Required', says: 'the proxy answered 407' },
    { refusal: '502 Bad Gateway', says: 'the proxy answered 502' },
  ];
  for (const { refusal, says } of refusals) {
    it(`[PX12] does not take the proxy's ${refusal} for a reason to try plaintext`, async () => {
      await withProxy({ hosts: {}, refusal }, async (proxy) => {
        const flags = ['--plaintext-fallback=always'];
        const failure = await failureOf({ flags, overrides: behind(proxy) }, 'registry.example/team/fn:v1');
        expect([failure.status, failure.reason]).to.deep.equal(['UNAVAILABLE', 'UNREACHABLE']);
        expect(reasonAt(failure, 'system-ca')).to.equal(says);
        expect(failure.hint).to.contain('HTTPS_PROXY');
        expect(failure.message).to.not.contain('canary');
        expect(proxy.forwarded).to.deep.equal([]);
      });
    });
  }

  it('[PX12] does not take a proxy that is down for a registry that is', async () => {
    const proxy = await startConnectProxy({ hosts: {} });
    await proxy.stop();
    const failure = await failureOf({ overrides: behind(proxy) }, 'registry.example/team/fn:v1');
    expect([failure.status, failure.reason]).to.deep.equal(['UNAVAILABLE', 'UNREACHABLE']);
    expect(stepsOf(failure)).to.deep.equal(['mounted-ca skipped', 'system-ca failed']);
    expect(reasonAt(failure, 'system-ca')).to.contain('proxy').and.to.contain('refused');
  });

  it('[PX12] names a proxy that never answers, without its password, in reason and hint', async () => {
    await withProxy({ hosts: {}, silent: true }, async (proxy) => {
      const overrides = { ...behind(proxy), timeouts: { connectMs: 300 } };
      const failure = await failureOf({ overrides }, image);
      const shown = `http://127.0.0.1:${String(proxy.port)}`;
      expect(failure.reason).to.equal('UNREACHABLE');
      expect(reasonAt(failure, 'system-ca'))
        .to.contain(`no answer in time`)
        .and.to.contain(`through the proxy ${shown}`);
      expect(failure.hint).to.contain(`Check the proxy ${shown}`);
      expect(JSON.stringify(failure) + failure.message).to.not.contain('canary');
    });
  });

  it('[PX12] forwards plaintext without credentials unless the registry is listed', async () => {
    await withServer(guarded, {}, async (server) =>
      withProxy({ hosts: { 'registry.example:5000': server } }, async (proxy) => {
        const refused = await failureOf({ auths, overrides: behind(proxy) }, image);
        expect(refused.reason).to.equal('PLAINTEXT_CREDENTIALS');
        expect(authorizationsSeen(server)).to.deep.equal([undefined]);
        const flags = ['--insecure-registries=registry.example'];
        await useService({ auths, flags, overrides: behind(proxy) }, async (service) => {
          expect((await service.resolve(image)).connection).to.equal('plaintext');
          expect(proxy.forwarded.at(-1)).to.match(/^http:\/\/registry\.example:5000\/v2\//);
        });
      }),
    );
  });

  const direct = [
    { title: 'loopback', host: '127.0.0.1', noProxy: '' },
    { title: 'a CIDR of NO_PROXY', host: '203.0.113.7', noProxy: '203.0.113.0/24' },
    { title: 'a suffix of NO_PROXY', host: 'registry.example', noProxy: '.example' },
    { title: 'a port of NO_PROXY', host: 'registry.example', noProxy: 'registry.example:5000' },
    { title: 'a cluster service', host: 'registry.default.svc', noProxy: '' },
    { title: 'a cluster service by its full name', host: 'registry.default.svc.cluster.local', noProxy: '' },
  ];
  for (const { title, host, noProxy } of direct) {
    it(`[PX12] goes straight to ${title}`, async () => {
      await withServer(stage.serve, {}, async (server) =>
        withProxy({ hosts: {} }, async (proxy) => {
          const network = new VirtualNetwork().name(host, '203.0.113.7').serve('203.0.113.7', 5000, server);
          network.serve('127.0.0.1', 5000, server);
          const overrides = { ...behind(proxy, { NO_PROXY: noProxy }), ...network.overrides };
          await useService({ overrides }, async (service) => {
            await service.resolve(`${host}:5000/team/fn:v1`);
            expect([...proxy.tunnels, ...proxy.forwarded]).to.deep.equal([]);
          });
        }),
      );
    });
  }

  it('[PX12] holds addresses, which it can judge, to the rules behind a proxy as well', async () => {
    await withProxy({ hosts: {} }, async (proxy) => {
      const metadata = await failureOf({ overrides: behind(proxy) }, '169.254.169.254/team/fn:v1');
      expect(metadata.reason).to.equal('ADDRESS_REFUSED');
      expect(proxy.tunnels).to.deep.equal([]);
    });
    const redirecting: Handler = (_request, response) => {
      response.writeHead(307, { location: 'https://10.1.2.3/x' }).end();
    };
    await withServer(redirecting, { tls: stage.tls }, async (server) =>
      withProxy({ hosts: { 'registry.example:5000': server } }, async (proxy) => {
        const failure = await failureOf({ caPem, overrides: behind(proxy) }, image);
        expect(failure.reason).to.equal('ADDRESS_REFUSED');
        expect(proxy.tunnels).to.deep.equal(['registry.example:5000']);
      }),
    );
  });

  it('does not start with a proxy variable that it cannot use, and does not show its value', async () => {
    const environment = { HTTPS_PROXY: 'socks5://user:canary@127.0.0.1:1' };
    const refused = await useService({ overrides: { environment } }, async (service) =>
      service.resolve(imageAt({ authority: '127.0.0.1:1' })),
    ).then(
      () => new Error('started'),
      (error: unknown) => error,
    );
    expect(refused).to.include({ name: 'RunnerError', code: 'CFG_OPTION' });
    expect(String(refused)).to.contain('HTTPS_PROXY').and.to.not.contain('canary');
  });
});
