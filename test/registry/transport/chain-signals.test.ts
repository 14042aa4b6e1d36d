import { expect } from 'chai';
import { sendJson } from '../../support/http-server.ts';
import type { Handler, TestServer } from '../../support/http-server.ts';
import { startTcpServer } from '../../support/tcp-server.ts';
import { failureOf, useService } from '../protocol/use-service.ts';
import type { ServiceSetup } from '../protocol/use-service.ts';
import { VirtualNetwork } from '../protocol/virtual-network.ts';
import { authorizationsSeen, imageAt, noSystemRoots, setStage, withoutJitter, withServer } from './stage.ts';
import type { Stage } from './stage.ts';
import { reasonAt, stepsOf } from './steps.ts';

const onPort80 = (target: string): boolean => target.endsWith(' 80');
const image = 'registry.example/team/fn:v1';

describe('the trust chain and what servers do, through the service', () => {
  let stage: Stage;
  let caPem: string;

  before(async () => {
    stage = await setStage();
    caPem = stage.authority.certificatePem;
  });

  it('[TC4] does not try other authorities upon a network error', async () => {
    const closing = await startTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    try {
      const reset = await failureOf({ caPem, overrides: { ...noSystemRoots, ...withoutJitter } }, imageAt(closing));
      expect([reset.status, reset.reason]).to.deep.equal(['UNAVAILABLE', 'UNREACHABLE']);
      expect(stepsOf(reset)).to.deep.equal(['mounted-ca failed']);
      const unknown = await failureOf({ caPem, overrides: new VirtualNetwork().overrides }, image);
      expect([unknown.reason, ...stepsOf(unknown)]).to.deep.equal(['UNREACHABLE', 'mounted-ca failed']);
      expect(unknown.message).to.contain('does not exist');
    } finally {
      await closing.stop();
    }
  });

  for (const status of [401, 403, 404]) {
    it(`[TC5] takes ${String(status)} for the answer that it is`, async () => {
      await withServer(refusing(status), { tls: stage.tls }, async (server) => {
        const failure = await failureOf({ caPem, overrides: { systemRoots: () => [caPem] } }, imageAt(server));
        expect(stepsOf(failure)).to.deep.equal(['mounted-ca ok']);
        expect(server.requests).to.have.length(1);
      });
    });
  }

  describe('next to a plaintext twin on port 80', () => {
    it('[TC6] [7.2.6] never contacts the twin of a server with an untrusted certificate', async () => {
      await withTwins(stage, async (network, plain) => {
        const failure = await failureOf({ caPem, overrides: { ...network.overrides, ...noSystemRoots } }, image);
        expect(failure.reason).to.equal('TLS_UNTRUSTED');
        expect(network.dialled.length).to.be.greaterThan(0);
        expect(network.dialled.filter(onPort80)).to.deep.equal([]);
        expect(plain.requests).to.deep.equal([]);
      });
    });

    it('[TC6] goes on to it with --plaintext-fallback=always, without credentials', async () => {
      await withTwins(stage, async (network, plain) => {
        const setup: ServiceSetup = {
          caPem,
          auths: { 'registry.example': { username: 'joe', password: 'pass' } },
          overrides: { ...network.overrides, ...noSystemRoots },
          flags: ['--plaintext-fallback=always'],
        };
        await useService(setup, async (service) => {
          const answer = await service.resolve(image);
          expect(stepsOf(answer)).to.deep.equal(['mounted-ca failed', 'system-ca failed', 'plaintext ok']);
        });
        expect(new Set(authorizationsSeen(plain))).to.deep.equal(new Set([undefined]));
      });
    });
  });

  for (const step of ['mounted-ca', 'system-ca'] as const) {
    it(`[TC7] moves from ${step} to plaintext when the server speaks no TLS`, async () => {
      const setup: ServiceSetup = step === 'mounted-ca' ? { caPem } : {};
      await withServer(stage.serve, {}, async (server) => {
        await useService({ ...setup, overrides: noSystemRoots }, async (service) => {
          const answer = await service.resolve(imageAt(server));
          expect(answer.connection).to.equal('plaintext');
          expect(stepsOf(answer).slice(-2)).to.deep.equal([`${step} failed`, 'plaintext ok']);
        });
      });
    });
  }

  it('writes the address of an IPv6 registry in brackets', async () => {
    await withServer(stage.serve, {}, async (server) => {
      const network = new VirtualNetwork().serve('2001:db8::1', 5000, server);
      await useService({ caPem, overrides: { ...network.overrides, ...noSystemRoots } }, async (service) => {
        const { attempts } = await service.resolve('[2001:db8::1]:5000/team/fn:v1');
        expect(attempts.map(({ step, address }) => `${step} ${address}`)).to.deep.equal([
          'mounted-ca [2001:db8::1]:5000',
          'plaintext [2001:db8::1]:5000',
        ]);
      });
    });
  });

  it('[TC7] [TC12] refuses plaintext with --plaintext-fallback=never, and names the flags', async () => {
    await withServer(stage.serve, {}, async (server) => {
      const flags = ['--plaintext-fallback=never'];
      const failure = await failureOf({ caPem, overrides: noSystemRoots, flags }, imageAt(server));
      expect([failure.status, failure.reason]).to.deep.equal(['FAILED_PRECONDITION', 'PLAINTEXT_REFUSED']);
      expect(stepsOf(failure)).to.deep.equal(['mounted-ca failed', 'plaintext skipped']);
      expect(failure.hint).to.contain('--insecure-registries').and.to.contain('--plaintext-fallback');
      expect(server.requests).to.deep.equal([]);
    });
  });

  describe('of a host whose port 443 is closed', () => {
    it('[TC9] goes on in plaintext on port 80 when the reference names no port', async () => {
      await withPort80(stage, async (network) => {
        await useService({ caPem, overrides: { ...network.overrides, ...noSystemRoots } }, async (service) => {
          const { attempts } = await service.resolve(image);
          expect(attempts.map(({ step, address, outcome }) => `${step} ${address} ${outcome}`)).to.deep.equal([
            'mounted-ca registry.example:443 failed',
            'plaintext registry.example:80 ok',
          ]);
        });
      });
    });

    it('[TC9] does not with --plaintext-fallback=never', async () => {
      await withPort80(stage, async (network, plain) => {
        const overrides = { ...network.overrides, ...noSystemRoots, ...withoutJitter };
        const failure = await failureOf({ overrides, flags: ['--plaintext-fallback=never'] }, image);
        expect(failure.reason).to.equal('UNREACHABLE');
        expect(stepsOf(failure)).to.deep.equal(['mounted-ca skipped', 'system-ca failed', 'plaintext skipped']);
        expect(plain.requests).to.deep.equal([]);
      });
    });

    it('[TC10] does not when the reference names the port', async () => {
      await withPort80(stage, async (network, plain) => {
        const overrides = { ...network.overrides, ...noSystemRoots, ...withoutJitter };
        const failure = await failureOf({ overrides }, 'registry.example:443/team/fn:v1');
        expect([failure.status, failure.reason]).to.deep.equal(['UNAVAILABLE', 'UNREACHABLE']);
        expect(reasonAt(failure, 'system-ca')).to.contain('refused');
        expect(plain.requests).to.deep.equal([]);
        expect(network.dialled.filter(onPort80)).to.deep.equal([]);
      });
    });
  });

  const handshakes = [
    { title: 'silent', onSocket: (): undefined => undefined, reason: 'no connection in time' },
    { title: 'cut', onSocket: (socket: { end(): unknown }): unknown => socket.end(), reason: 'reset' },
  ];
  for (const { title, onSocket, reason } of handshakes) {
    it(`[TC11] takes no ${title} handshake for a reason to try plaintext`, async () => {
      const server = await startTcpServer((socket) => socket.once('data', () => onSocket(socket)));
      try {
        const overrides = { ...noSystemRoots, ...withoutJitter, timeouts: { connectMs: 300 } };
        const failure = await failureOf({ overrides, flags: ['--plaintext-fallback=always'] }, imageAt(server));
        expect([failure.status, failure.reason]).to.deep.equal(['UNAVAILABLE', 'UNREACHABLE']);
        expect(stepsOf(failure)).to.deep.equal(['mounted-ca skipped', 'system-ca failed']);
        expect(reasonAt(failure, 'system-ca')).to.contain(reason);
      } finally {
        await server.stop();
      }
    });
  }
});

function refusing(status: number): Handler {
  return (_request, response) => {
    sendJson(response, status, { errors: [] }, { 'www-authenticate': 'Basic realm="test"' });
  };
}

/** registry.example: TLS with an untrusted certificate on 443, none on 80. */
async function withTwins<T>(
  stage: Stage,
  work: (network: VirtualNetwork, plain: TestServer) => Promise<T>,
): Promise<T> {
  const { serve, strangersTls } = stage;
  return withServer(serve, { tls: strangersTls }, async (secure) =>
    withServer(serve, {}, async (plain) => {
      const network = new VirtualNetwork().name('registry.example', '203.0.113.7');
      return work(network.serve('203.0.113.7', 443, secure).serve('203.0.113.7', 80, plain), plain);
    }),
  );
}

/** registry.example: nothing on 443, a registry on 80. */
async function withPort80<T>(
  stage: Stage,
  work: (network: VirtualNetwork, plain: TestServer) => Promise<T>,
): Promise<T> {
  return withServer(stage.serve, {}, async (plain) => {
    const network = new VirtualNetwork().name('registry.example', '203.0.113.7');
    return work(network.serve('203.0.113.7', 80, plain), plain);
  });
}
