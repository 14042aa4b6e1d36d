import { expect } from 'chai';
import { createAuthority } from '../../../examples/registry/certificates.ts';
import type { Authority, KeyPair } from '../../../examples/registry/certificates.ts';
import { sendJson, startServer } from '../../support/http-server.ts';
import type { Handler } from '../../support/http-server.ts';
import { startTcpServer } from '../../support/tcp-server.ts';
import { imageContent, sendContent } from '../protocol/image-content.ts';
import type { ImageContent } from '../protocol/image-content.ts';
import { basicEntry, basicHeader, failureOf, useService } from '../protocol/use-service.ts';
import { VirtualNetwork } from '../protocol/virtual-network.ts';
import { authorizationsSeen, imageAt } from './stage.ts';
import { reasonAt, stepsOf } from './steps.ts';
import { startTwoFacedServer } from './two-faced-server.ts';

const login = basicEntry('joe', 'pass');
const loginHeader = basicHeader('joe', 'pass');
const complain: Handler = (_request, response) => {
  response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n');
};
const overrides = { systemRoots: (): readonly string[] => [] };

describe('plaintext and unverified TLS, through the service', () => {
  let content: ImageContent;
  let authority: Authority;
  let tls: KeyPair;
  /** Wants the login. */
  let guarded: Handler;
  let open: Handler;

  before(async () => {
    content = await imageContent();
    authority = await createAuthority();
    tls = await authority.issue({ ipAddresses: ['127.0.0.1'], dnsNames: ['cdn.example'] });
    open = (request, response) => {
      sendContent(content, request, response);
    };
    guarded = (request, response) => {
      if (request.headers.authorization === loginHeader) sendContent(content, request, response);
      else sendJson(response, 401, { errors: [] }, { 'www-authenticate': 'Basic realm="test"' });
    };
  });

  it('[TC13] [7.2.7] never sends credentials in clear to a host that is not listed, even when asked for them', async () => {
    const server = await startServer(guarded);
    const network = new VirtualNetwork().name('registry.example', '203.0.113.7').serve('203.0.113.7', 5000, server);
    try {
      const setup = { auths: { 'registry.example:5000': login }, overrides: { ...network.overrides, ...overrides } };
      const failure = await failureOf(setup, 'registry.example:5000/team/fn:v1');
      expect(failure.reason).to.equal('PLAINTEXT_CREDENTIALS');
      expect(`${failure.message} ${failure.hint}`).to.contain('registry.example:5000');
      expect(`${failure.message} ${failure.hint}`).to.contain('--insecure-registries');
      expect(authorizationsSeen(server)).to.deep.equal([undefined]);
    } finally {
      await server.stop();
    }
  });

  it('[TC13] takes no name for loopback that only resolves there', async () => {
    const server = await startServer(guarded);
    const network = new VirtualNetwork().name('registry.example', '127.0.0.1').serve('127.0.0.1', 5000, server);
    try {
      const setup = { auths: { 'registry.example:5000': login }, overrides: { ...network.overrides, ...overrides } };
      const failure = await failureOf(setup, 'registry.example:5000/team/fn:v1');
      expect(failure.reason).to.equal('PLAINTEXT_CREDENTIALS');
      expect(authorizationsSeen(server)).to.deep.equal([undefined]);
    } finally {
      await server.stop();
    }
  });

  it('[TC13] sends them in clear to loopback', async () => {
    const server = await startServer(guarded);
    try {
      await useService({ auths: { [server.authority]: login }, overrides }, async (service) => {
        const answer = await service.resolve(imageAt(server));
        expect([answer.connection, answer.credential]).to.deep.equal(['plaintext', server.authority]);
        expect(authorizationsSeen(server)).to.include(loginHeader);
      });
    } finally {
      await server.stop();
    }
  });

  it('[TC14] warns that what a tag names was not authenticated, and takes a digest by its hash', async () => {
    const server = await startServer(open);
    try {
      await useService({ overrides }, async (service) => {
        const { digest } = await service.resolve(imageAt(server));
        const warnings = service.logLines.filter((line) => line.includes('"level":"warn"')).join('\n');
        expect(warnings).to.contain('not authenticated').and.to.contain(server.authority);
        const pinned = await service.resolve(`${server.authority}/team/fn@${digest}`);
        expect([pinned.connection, pinned.digest]).to.deep.equal(['plaintext', content.manifest.digest]);
      });
    } finally {
      await server.stop();
    }
  });

  it('[TC15] follows a redirect from http to https, whose certificate has to be good', async () => {
    const secure = await startServer(open, { tls });
    const redirecting: Handler = (request, response) => {
      response.writeHead(307, { location: `${secure.url}${request.target}` }).end();
    };
    const plain = await startServer(redirecting);
    try {
      const image = imageAt(plain);
      await useService({ caPem: authority.certificatePem, overrides }, async (service) => {
        const answer = await service.resolve(image);
        const bySecure = answer.attempts.filter(({ address }) => address === secure.authority);
        expect(bySecure.map(({ step, outcome }) => `${step} ${outcome}`)).to.deep.equal(['mounted-ca ok']);
      });
      const seen = secure.requests.length;
      const failure = await failureOf({ overrides, flags: ['--plaintext-fallback=always'] }, image);
      expect(failure.reason).to.equal('TLS_UNTRUSTED');
      expect(secure.requests).to.have.length(seen);
    } finally {
      await plain.stop();
      await secure.stop();
    }
  });

  it('[TC20] never speaks plaintext to a redirect target or token service that an https URL names', async () => {
    const plain = await startServer(open);
    const network = new VirtualNetwork().name('registry.example', '203.0.113.7').name('cdn.example', '203.0.113.8');
    network.serve('203.0.113.8', 5001, plain);
    const answers: readonly (readonly [string, Handler])[] = [
      [
        'PLAINTEXT_REFUSED',
        (request, response) => response.writeHead(307, { location: `https://cdn.example:5001${request.target}` }).end(),
      ],
      [
        'PLAINTEXT_REFUSED',
        (_request, response) => {
          const challenge = 'Bearer realm="https://cdn.example:5001/token",service="test"';
          sendJson(response, 401, { errors: [] }, { 'www-authenticate': challenge });
        },
      ],
    ];
    try {
      for (const [reason, answer] of answers) {
        const named = await authority.issue({ dnsNames: ['registry.example'] });
        const registry = await startServer((request, response) => void answer(request, response), { tls: named });
        network.serve('203.0.113.7', 443, registry);
        try {
          const setup = { caPem: authority.certificatePem, flags: ['--plaintext-fallback=always'] };
          const failure = await failureOf(
            { ...setup, overrides: { ...network.overrides, ...overrides } },
            'registry.example/team/fn:v1',
          );
          expect(failure.reason).to.equal(reason);
          expect(reasonAt(failure, 'plaintext')).to.contain('https');
          expect(plain.requests).to.deep.equal([]);
        } finally {
          await registry.stop();
        }
      }
    } finally {
      await plain.stop();
    }
  });

  it('[TC20] lets a listed registry name an http token service on its own host', async () => {
    const network = new VirtualNetwork().name('registry.example', '203.0.113.7');
    const registry = await startServer((request, response) => {
      if (request.target.startsWith('/token')) sendJson(response, 200, { token: 'good' });
      else if (request.headers.authorization === 'Bearer good') sendContent(content, request, response);
      else {
        const challenge = 'Bearer realm="http://registry.example:5000/token",service="test"';
        sendJson(response, 401, { errors: [] }, { 'www-authenticate': challenge });
      }
    });
    network.serve('203.0.113.7', 5000, registry);
    try {
      const setup = {
        auths: { 'registry.example:5000': login },
        flags: ['--insecure-registries=registry.example'],
        overrides: { ...network.overrides, ...overrides },
      };
      await useService(setup, async (service) => {
        expect((await service.resolve('registry.example:5000/team/fn:v1')).connection).to.equal('plaintext');
      });
      const token = registry.requests.find(({ target }) => target.startsWith('/token'));
      expect(token?.headers.authorization).to.equal(loginHeader);
    } finally {
      await registry.stop();
    }
  });

  for (const fallback of ['auto', 'never']) {
    it(`[TC22] tries a listed host by every step, unverified TLS before plaintext, with --plaintext-fallback=${fallback}`, async () => {
      const secure = await startServer(guarded, { tls });
      const plain = await startServer(guarded);
      const stranger = await createAuthority();
      try {
        const setup = {
          caPem: stranger.certificatePem,
          auths: { [secure.authority]: login, [plain.authority]: login },
          flags: [`--plaintext-fallback=${fallback}`, '--insecure-registries=127.0.0.1'],
          overrides,
        };
        await useService(setup, async (service) => {
          const unverified = await service.resolve(imageAt(secure));
          expect(stepsOf(unverified)).to.deep.equal(['mounted-ca failed', 'system-ca failed', 'insecure-tls ok']);
          expect(unverified.credential).to.equal(secure.authority);
          const warnings = service.logLines.filter((line) => line.includes('"level":"warn"')).join('\n');
          expect(warnings).to.contain('certificate was not verified');
          const clear = await service.resolve(imageAt(plain));
          expect(stepsOf(clear)).to.deep.equal(['mounted-ca failed', 'plaintext ok']);
          expect(clear.credential).to.equal(plain.authority);
        });
      } finally {
        await secure.stop();
        await plain.stop();
      }
    });
  }

  const listings = [
    { list: 'registry.example', host: 'registry.example:5000', listed: true },
    { list: 'registry.example:5000', host: 'registry.example:5000', listed: true },
    { list: 'registry.example:5001', host: 'registry.example:5000', listed: false },
    { list: '*.example', host: 'registry.example:5000', listed: true },
    { list: '*.example', host: 'eu.registry.example:5000', listed: false },
    { list: '*.*.example', host: 'eu.registry.example:5000', listed: true },
    { list: '203.0.113.0/24', host: 'registry.example:5000', listed: true },
    { list: '203.0.113.0/24', host: '203.0.113.7:5000', listed: true },
    { list: '198.51.100.0/24', host: 'registry.example:5000', listed: false },
  ];
  for (const { list, host, listed } of listings) {
    it(`[TC23] ${listed ? 'sends' : 'does not send'} credentials in clear to ${host} under --insecure-registries=${list}`, async () => {
      const server = await startServer(guarded);
      const network = new VirtualNetwork().serve('203.0.113.7', 5000, server);
      network.name('registry.example', '203.0.113.7').name('eu.registry.example', '203.0.113.7');
      try {
        const setup = {
          auths: { [host]: login },
          flags: [`--insecure-registries=${list}`],
          overrides: { ...network.overrides, ...overrides },
        };
        await useService(setup, async (service) => {
          const outcome = await service.resolve(`${host}/team/fn:v1`).then(
            ({ connection }) => connection,
            () => 'failed',
          );
          expect(outcome).to.equal(listed ? 'plaintext' : 'failed');
          expect(authorizationsSeen(server).includes(loginHeader)).to.equal(listed);
        });
      } finally {
        await server.stop();
      }
    });
  }

  it('[TC24] takes the complaint of a TLS port about plaintext for no answer', async () => {
    const server = await startTwoFacedServer(tls, open, complain);
    try {
      const flags = ['--plaintext-fallback=always'];
      const failure = await failureOf({ flags, overrides }, imageAt(server));
      expect(failure.reason).to.equal('TLS_UNTRUSTED');
      expect(stepsOf(failure)).to.deep.equal(['mounted-ca skipped', 'system-ca failed', 'plaintext failed']);
      expect(reasonAt(failure, 'plaintext')).to.contain('TLS');
      expect(server.greetings).to.deep.equal(['tls', 'plaintext']);
    } finally {
      await server.stop();
    }
  });

  it('says so when a server speaks neither TLS nor HTTP', async () => {
    const server = await startTcpServer((socket) => {
      socket.write('SSH-2.0-OpenSSH_9.6\r\n');
    });
    try {
      const failure = await failureOf({ overrides }, imageAt(server));
      expect(failure.reason).to.equal('NOT_A_REGISTRY');
      expect(stepsOf(failure)).to.deep.equal(['mounted-ca skipped', 'system-ca failed', 'plaintext failed']);
    } finally {
      await server.stop();
    }
  });
});
