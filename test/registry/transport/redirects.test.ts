import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { sendJson } from '../../support/http-server.ts';
import type { Handler, TestServer } from '../../support/http-server.ts';
import { sendBlob, sendContent } from '../protocol/image-content.ts';
import { basicEntry, basicHeader, failureOf, useService } from '../protocol/use-service.ts';
import type { ServiceSetup } from '../protocol/use-service.ts';
import { VirtualNetwork } from '../protocol/virtual-network.ts';
import { authorizationsSeen, imageAt, noSystemRoots, setStage, withServer } from './stage.ts';
import type { Stage } from './stage.ts';

const login = basicEntry('joe', 'pass');
const loginHeader = basicHeader('joe', 'pass');
const redirectTo = (response: ServerResponse, location: string): void => {
  response.writeHead(307, { location, 'set-cookie': 'session=of-the-registry' }).end();
};

describe('redirects, through the service', () => {
  let stage: Stage;
  let setup: ServiceSetup;
  let isConfig: (target: string) => boolean;

  before(async () => {
    stage = await setStage();
    setup = { caPem: stage.authority.certificatePem, overrides: noSystemRoots };
    isConfig = (target) => target.endsWith(stage.content.config.digest);
  });

  /** Wants the login; sends whoever asks for the config somewhere else. */
  function registry(location: (target: string) => string): Handler {
    return (request, response) => {
      if (request.headers.authorization !== loginHeader) {
        sendJson(response, 401, { errors: [] }, { 'www-authenticate': 'Basic realm="test"' });
      } else if (isConfig(request.target)) redirectTo(response, location(request.target));
      else sendContent(stage.content, request, response);
    };
  }

  for (const [id, host] of [
    ['7.2.3', 'another host'],
    ['7.2.4', 'another port of the same host'],
  ] as const) {
    it(`[${id}] [RD12] sends neither authorization nor cookie to ${host}`, async () => {
      const { content, tls } = stage;
      const store: Handler = (_request, response) => {
        sendBlob(response, content.config);
      };
      const authorityHost = id === '7.2.3' ? 'localhost' : '127.0.0.1';
      await withServer(store, { tls, authorityHost }, async (other) =>
        withServer(
          registry((target) => `${other.url}${target}?X-Amz-Signature=canary`),
          { tls },
          async (server) => {
            await useService({ ...setup, auths: { [server.authority]: login } }, async (service) => {
              const answer = await service.resolve(imageAt(server));
              expect(answer.attempts.map(({ address }) => address)).to.deep.equal([server.authority, other.authority]);
              const [seen] = other.requests;
              expect(seen?.headers).to.not.have.any.keys('authorization', 'cookie', 'proxy-authorization');
              expect(other.requests).to.have.length(1);
              expect(service.logLines.join('\n')).to.not.contain('canary');
            });
          },
        ),
      );
    });
  }

  it('says of a redirect target whose TLS is not trusted that it is one, and who sent there', async () => {
    const { content, tls, strangersTls } = stage;
    const store: Handler = (_request, response) => {
      sendBlob(response, content.config);
    };
    await withServer(store, { tls: strangersTls, authorityHost: 'localhost' }, async (other) =>
      withServer(
        registry((target) => `${other.url}${target}?X-Amz-Signature=canary`),
        { tls },
        async (server) => {
          const failure = await failureOf({ ...setup, auths: { [server.authority]: login } }, imageAt(server));
          expect(failure.reason).to.equal('TLS_UNTRUSTED');
          expect(failure.message).to.contain(`${server.authority} redirected to ${other.authority}: the certificate`);
          expect(failure.message).to.not.contain('canary');
        },
      ),
    );
  });

  it('[RD12] keeps the login on a redirect within the origin, relative or absolute', async () => {
    const { content, tls } = stage;
    let server: TestServer | undefined;
    const handler: Handler = (request, response) => {
      if (request.headers.authorization !== loginHeader) {
        sendJson(response, 401, { errors: [] }, { 'www-authenticate': 'Basic realm="test"' });
      } else if (isConfig(request.target)) redirectTo(response, '../blobs/moved');
      else if (request.target.endsWith('/blobs/moved')) redirectTo(response, `${server?.url ?? ''}/moved/again`);
      else if (request.target === '/moved/again') sendBlob(response, content.config);
      else sendContent(content, request, response);
    };
    await withServer(handler, { tls }, async (started) => {
      server = started;
      await useService({ ...setup, auths: { [started.authority]: login } }, async (service) => {
        await service.resolve(imageAt(started));
        const moved = started.requests.filter(({ target }) => target.includes('moved'));
        expect(moved.map(({ headers }) => headers.authorization)).to.deep.equal([loginHeader, loginHeader]);
      });
    });
  });

  it('[7.2.5] [RD12] does not learn a challenge from a redirected host', async () => {
    const { serve, tls } = stage;
    await withServer(serve, { tls }, async (realm) => {
      const challenging: Handler = (_request, response) => {
        const challenge = `Bearer realm="${realm.url}/token",service="decoy"`;
        sendJson(response, 401, { errors: [] }, { 'www-authenticate': challenge });
      };
      await withServer(challenging, { tls }, async (other) =>
        withServer(
          registry((target) => `${other.url}${target}`),
          { tls },
          async (server) => {
            const failure = await failureOf({ ...setup, auths: { [server.authority]: login } }, imageAt(server));
            expect(failure.status).to.equal('PERMISSION_DENIED');
            expect(realm.requests).to.deep.equal([]);
            expect(authorizationsSeen(other)).to.deep.equal([undefined]);
          },
        ),
      );
    });
  });

  const refusals = [
    { id: 'RD9', title: 'a user name', location: 'https://joe:canary@127.0.0.1:9/x', says: 'user name' },
    { id: 'RD9', title: 'a scheme that is not http', location: 'ftp://127.0.0.1/x', says: 'only http' },
    { id: 'RD9', title: 'over 8 KiB', location: `https://127.0.0.1:9/${'x'.repeat(8200)}`, says: '8 KiB' },
    { id: 'RD11', title: 'http after https', location: 'http://127.0.0.1:9/x?sig=canary', says: 'https for http' },
  ];
  for (const { id, title, location, says } of refusals) {
    it(`[${id}] refuses a Location with ${title}`, async () => {
      await withServer(
        registry(() => location),
        { tls: stage.tls },
        async (server) => {
          const failure = await failureOf({ ...setup, auths: { [server.authority]: login } }, imageAt(server));
          expect(failure.reason).to.equal('REDIRECT_REFUSED');
          expect(failure.message).to.contain(says).and.to.not.contain('canary');
        },
      );
    });
  }

  it('[RD10] follows a redirect of a manifest, without the login, and still holds it to its hash', async () => {
    const { content, tls } = stage;
    let served = content.manifest;
    await withServer(
      (_request, response) => sendBlob(response, served),
      { tls },
      async (other) => {
        const guarded: Handler = (request, response) => {
          if (request.headers.authorization !== loginHeader) {
            sendJson(response, 401, { errors: [] }, { 'www-authenticate': 'Basic realm="test"' });
          } else if (request.target.includes('/manifests/')) redirectTo(response, `${other.url}${request.target}`);
          else sendContent(content, request, response);
        };
        await withServer(guarded, { tls }, async (server) => {
          await useService({ ...setup, auths: { [server.authority]: login } }, async (service) => {
            const answer = await service.resolve(imageAt(server));
            expect(answer.digest).to.equal(content.manifest.digest);
            expect(authorizationsSeen(other)).to.deep.equal([undefined]);
          });
          served = { ...content.index, digest: content.manifest.digest };
          const pinned = `${server.authority}/team/fn@${content.manifest.digest}`;
          const failure = await failureOf({ ...setup, auths: { [server.authority]: login } }, pinned);
          expect(failure.reason).to.equal('MAN_DIGEST');
        });
      },
    );
  });

  it('[RD12] follows five redirects and not six', async () => {
    const { content, tls } = stage;
    for (const count of [5, 6]) {
      const handler: Handler = (request, response) => {
        const [, done] = /^\/step\/(\d+)$/.exec(request.target) ?? [];
        if (isConfig(request.target)) redirectTo(response, '/step/1');
        else if (done === undefined) sendContent(content, request, response);
        else if (Number(done) < count) redirectTo(response, `/step/${String(Number(done) + 1)}`);
        else sendBlob(response, content.config);
      };
      await withServer(handler, { tls }, async (server) => {
        await useService(setup, async (service) => {
          const outcome = await service.resolve(imageAt(server)).then(
            () => 'resolved',
            (error: unknown) => (error instanceof Error ? error.message : ''),
          );
          if (count === 5) expect(outcome).to.equal('resolved');
          else expect(outcome).to.contain('5 redirects');
          expect(server.requests.filter(({ target }) => target.startsWith('/step/'))).to.have.length(5);
        });
      });
    }
  });

  const insideAddresses = [
    { title: 'loopback', address: '127.0.0.9' },
    { title: 'loopback, mapped into IPv6', address: '::ffff:127.0.0.9' },
    { title: 'unspecified', address: '0.0.0.0' },
    { title: 'link-local', address: '169.254.7.7' },
    { title: 'private', address: '10.1.2.3' },
    { title: 'a metadata service', address: '169.254.169.254' },
    { title: 'a metadata service behind NAT64', address: '64:ff9b::a9fe:a9fe' },
  ];
  for (const { title, address } of insideAddresses) {
    for (const form of ['literal', 'name'] as const) {
      it(`[RD12] does not follow a registry outside to ${title}, given as a ${form}`, async () => {
        const host = form === 'name' ? 'inside.example' : address.includes(':') ? `[${address}]` : address;
        const handler: Handler = (request, response) => {
          if (isConfig(request.target)) redirectTo(response, `https://${host}/x?sig=canary`);
          else sendContent(stage.content, request, response);
        };
        await withServer(handler, { tls: stage.tls }, async (server) => {
          const network = new VirtualNetwork().name('registry.example', '203.0.113.7').name('inside.example', address);
          network.serve('203.0.113.7', 443, server);
          const overrides = { ...network.overrides, ...noSystemRoots };
          const failure = await failureOf({ ...setup, overrides }, 'registry.example/team/fn:v1');
          expect(failure.reason).to.equal('ADDRESS_REFUSED');
          expect(failure.message).to.not.contain('canary');
          expect(new Set(network.dialled)).to.deep.equal(new Set(['203.0.113.7 443']));
        });
      });
    }
  }

  it('[RD12] [RD3] does not follow a host outside back inside, though the registry is inside', async () => {
    const { serve, tls, authority } = stage;
    const named = await authority.issue({ dnsNames: ['registry.example', 'cdn.example', 'store.example'] });
    const sendingTo =
      (host: string): Handler =>
      (request, response) => {
        if (isConfig(request.target)) redirectTo(response, `https://${host}${request.target}`);
        else sendContent(stage.content, request, response);
      };
    await withServer(sendingTo('store.example'), { tls: named }, async (cdn) =>
      withServer(sendingTo('cdn.example'), { tls }, async (server) =>
        withServer(serve, { tls: named }, async (store) => {
          const network = new VirtualNetwork().name('registry.example', '10.0.0.5').name('cdn.example', '203.0.113.8');
          network.name('store.example', '192.168.1.5');
          network.serve('10.0.0.5', 443, server).serve('203.0.113.8', 443, cdn).serve('192.168.1.5', 443, store);
          const overrides = { ...network.overrides, ...noSystemRoots };
          const failure = await failureOf({ ...setup, overrides }, 'registry.example/team/fn:v1');
          expect(failure.reason).to.equal('ADDRESS_REFUSED');
          expect(failure.message).to.contain('cdn.example redirects to').and.to.contain('192.168.1.5');
          expect(store.requests).to.deep.equal([]);
        }),
      ),
    );
  });

  it('[RD12] follows a registry inside to another private host', async () => {
    const { serve, tls, authority } = stage;
    const named = await authority.issue({ dnsNames: ['registry.example', 'store.example'] });
    await withServer(serve, { tls: named }, async (store) => {
      const handler: Handler = (request, response) => {
        if (isConfig(request.target)) redirectTo(response, `https://store.example${request.target}`);
        else sendContent(stage.content, request, response);
      };
      await withServer(handler, { tls }, async (server) => {
        const network = new VirtualNetwork().name('registry.example', '10.0.0.5').name('store.example', '192.168.1.5');
        network.serve('10.0.0.5', 443, server).serve('192.168.1.5', 443, store);
        await useService({ ...setup, overrides: { ...network.overrides, ...noSystemRoots } }, async (service) => {
          await service.resolve('registry.example/team/fn:v1');
          expect(store.requests).to.have.length(1);
        });
      });
    });
  });
});
