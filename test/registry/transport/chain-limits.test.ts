import { expect } from 'chai';
import type { Handler } from '../../support/http-server.ts';
import { startTcpServer } from '../../support/tcp-server.ts';
import { basicEntry, basicHeader, failureOf, failureOfCall, useService } from '../protocol/use-service.ts';
import { VirtualNetwork } from '../protocol/virtual-network.ts';
import { authorizationsSeen, imageAt, noSystemRoots, setStage, withServer } from './stage.ts';
import type { Stage } from './stage.ts';
import { reasonAt, stepsOf } from './steps.ts';
import { startTwoFacedServer } from './two-faced-server.ts';

const image = 'registry.example:5000/team/fn:v1';
const again = { refresh: true };
const login = basicEntry('joe', 'pass');
/** The last one given counts. */
const withoutPrivateTls = '--enable-private-registries-tls=false';

describe('what the trust chain does not do, through the service', () => {
  let stage: Stage;
  let caPem: string;
  /** Wants a login. */
  const guarded: Handler = async (request, response) => {
    if (request.headers.authorization !== undefined) await stage.serve(request, response);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
  };

  before(async () => {
    stage = await setStage();
    caPem = stage.authority.certificatePem;
  });

  describe('without --enable-private-registries-tls', () => {
    it('trusts the system authorities and not the mounted one, and says which flag is missing', async () => {
      await withServer(stage.serve, { tls: stage.tls }, async (server) => {
        const setup = { caPem, flags: [withoutPrivateTls] };
        const failure = await failureOf({ ...setup, overrides: noSystemRoots }, imageAt(server));
        expect(failure.reason).to.equal('TLS_UNTRUSTED');
        expect(stepsOf(failure)).to.deep.equal(['system-ca failed', 'plaintext skipped']);
        expect(failure.hint).to.contain('--enable-private-registries-tls');
        await useService({ ...setup, overrides: { systemRoots: () => [caPem] } }, async (service) => {
          expect(stepsOf(await service.resolve(imageAt(server)))).to.deep.equal(['system-ca ok']);
        });
      });
    });

    for (const { list, outcome } of [
      { list: '127.0.0.1', outcome: 'plaintext' },
      { list: 'registry.example', outcome: 'PLAINTEXT_REFUSED' },
    ]) {
      it(`speaks plaintext to listed registries only: ${outcome} under --insecure-registries=${list}`, async () => {
        await withServer(stage.serve, {}, async (server) => {
          const flags = [withoutPrivateTls, '--plaintext-fallback=always', `--insecure-registries=${list}`];
          await useService({ flags, overrides: noSystemRoots }, async (service) => {
            const answer = service.resolve(imageAt(server)).then(({ connection }) => connection);
            if (outcome === 'plaintext') {
              expect(await answer).to.equal(outcome);
              return;
            }
            const failure = await failureOfCall(answer);
            expect(failure.reason).to.equal(outcome);
            expect(reasonAt(failure, 'plaintext')).to.contain('--enable-private-registries-tls');
            expect(server.requests).to.deep.equal([]);
          });
        });
      });
    }
  });

  it('[TC13] takes localhost for loopback only where nothing else is among its addresses', async () => {
    await withServer(guarded, {}, async (server) => {
      const network = new VirtualNetwork().name('localhost', '127.0.0.1', '203.0.113.7');
      network.serve('127.0.0.1', 5000, server);
      const setup = { auths: { 'localhost:5000': login }, overrides: { ...network.overrides, ...noSystemRoots } };
      expect((await failureOf(setup, 'localhost:5000/team/fn:v1')).reason).to.equal('PLAINTEXT_CREDENTIALS');
      expect(authorizationsSeen(server)).to.deep.equal([undefined]);
    });
  });

  it('[TC23] takes no name for listed that resolves into the network and out of it', async () => {
    await withServer(guarded, {}, async (server) => {
      const network = new VirtualNetwork().name('registry.example', '203.0.113.7', '198.51.100.7');
      network.serve('203.0.113.7', 5000, server);
      const setup = {
        auths: { 'registry.example:5000': login },
        overrides: { ...network.overrides, ...noSystemRoots },
      };
      const failure = await failureOf({ ...setup, flags: ['--insecure-registries=203.0.113.0/24'] }, image);
      expect(failure.reason).to.equal('PLAINTEXT_CREDENTIALS');
      expect(authorizationsSeen(server)).to.not.include(basicHeader('joe', 'pass'));
      await useService(
        { ...setup, flags: ['--insecure-registries=203.0.113.0/24,198.51.100.0/24'] },
        async (service) => {
          expect((await service.resolve(image)).credential).to.equal('registry.example:5000');
        },
      );
    });
  });

  for (const { flags, reason } of [
    { flags: ['--plaintext-fallback=never'], reason: '--plaintext-fallback=never' },
    { flags: ['--plaintext-fallback=always', withoutPrivateTls], reason: '--enable-private-registries-tls' },
  ]) {
    it(`[TC12] [TC20] follows no listed registry to a plaintext host that is not listed, with ${flags.join(' ')}`, async () => {
      await withServer(stage.serve, {}, async (store) => {
        const redirecting: Handler = (request, response) => {
          response.writeHead(307, { location: `http://cdn.example:5001${request.target}` }).end();
        };
        await withServer(redirecting, {}, async (server) => {
          const network = new VirtualNetwork()
            .name('registry.example', '203.0.113.7')
            .name('cdn.example', '203.0.113.8');
          network.serve('203.0.113.7', 5000, server).serve('203.0.113.8', 5001, store);
          const overrides = { ...network.overrides, ...noSystemRoots };
          const listing = (list: string): readonly string[] => [...flags, `--insecure-registries=${list}`];
          const failure = await failureOf({ flags: listing('registry.example'), overrides }, image);
          expect(failure.reason).to.equal('PLAINTEXT_REFUSED');
          expect(failure.message).to.contain('cdn.example:5001').and.to.contain(reason);
          expect(failure.hint).to.contain('cdn.example:5001').and.to.contain('--insecure-registries');
          expect(store.requests).to.deep.equal([]);
          await useService({ flags: listing('*.example'), overrides }, async (service) => {
            expect((await service.resolve(image)).digest).to.equal(stage.content.manifest.digest);
          });
        });
      });
    });
  }

  it('tries no other step when time is up, and says so of the one that was being tried', async () => {
    const silent = await startTcpServer(() => undefined);
    try {
      const flags = ['--resolve-timeout=200ms', '--plaintext-fallback=always'];
      const failure = await failureOf({ caPem, flags, overrides: noSystemRoots }, imageAt(silent));
      expect([failure.status, failure.reason]).to.deep.equal(['DEADLINE_EXCEEDED', 'DEADLINE']);
      expect(stepsOf(failure)).to.deep.equal(['mounted-ca failed']);
      expect(reasonAt(failure, 'mounted-ca')).to.contain('deadline');
    } finally {
      await silent.stop();
    }
  });

  it('[TC19] does not stay with plaintext once a server ends such connections and speaks TLS', async () => {
    let endsPlaintext = false;
    const plainly: Handler = async (request, response) => {
      if (endsPlaintext) response.destroy();
      else await stage.serve(request, response);
    };
    const server = await startTwoFacedServer(stage.tls, stage.serve, plainly);
    server.speakTls(false);
    try {
      await useService({ caPem, overrides: noSystemRoots }, async (service) => {
        expect((await service.resolve(imageAt(server))).connection).to.equal('plaintext');
        endsPlaintext = true;
        server.speakTls(true);
        expect((await service.resolve(imageAt(server), again)).connection).to.equal('mounted-ca');
      });
    } finally {
      await server.stop();
    }
  });
});
