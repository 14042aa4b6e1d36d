import { expect } from 'chai';
import { sendJson, startServer } from '../../support/http-server.ts';
import type { Handler } from '../../support/http-server.ts';
import type { GrpcFailure } from '../../support/service.ts';
import { startTcpServer } from '../../support/tcp-server.ts';
import { sendContent } from '../protocol/image-content.ts';
import { basicEntry, failureOfCall, useService } from '../protocol/use-service.ts';
import type { ServiceSetup } from '../protocol/use-service.ts';
import { imageAt, noSystemRoots, setStage, withoutJitter, withServer } from './stage.ts';
import type { Stage } from './stage.ts';

describe('limits of time, requests and connections, through the service', () => {
  let stage: Stage;

  before(async () => {
    stage = await setStage();
  });

  it('[TO7] bounds the wait for headers and for a body', async () => {
    const silent: Handler = () => undefined;
    const stalling: Handler = (_request, response) =>
      void response.writeHead(200, { 'content-length': '9' }).write('{');
    for (const [handler, says] of [
      [silent, 'no answer in time'],
      [stalling, 'did not arrive whole'],
    ] as const) {
      await withServer(handler, {}, async (server) => {
        const overrides = { ...noSystemRoots, ...withoutJitter, timeouts: { headersMs: 200, bodyIdleMs: 200 } };
        const failure = await failureInTime({ overrides }, imageAt(server));
        expect([failure.status, failure.reason]).to.deep.equal(['UNAVAILABLE', 'UNREACHABLE']);
        expect(failure.message).to.contain(says);
      });
    }
  });

  it('[TO7] bounds a whole resolution by --resolve-timeout, and ends its request', async () => {
    let closed = 0;
    const silent: Handler = (_request, response) => void response.once('close', () => (closed += 1));
    await withServer(silent, {}, async (server) => {
      const setup = { overrides: noSystemRoots, flags: ['--resolve-timeout=300ms'] };
      const failure = await failureInTime(setup, imageAt(server));
      expect(failure.status).to.equal('DEADLINE_EXCEEDED');
      await until(() => closed === 1);
    });
  });

  it('[TO7] has at most four requests at a host and sixteen in all under way', async () => {
    const { promise: gate, resolve: openGate } = Promise.withResolvers<undefined>();
    const slow: Handler = async (request, response) => {
      await gate;
      sendContent(stage.content, { ...request, target: request.target.replace(/fn\d+/, 'fn') }, response);
    };
    const servers = await Promise.all(Array.from({ length: 5 }, async () => startServer(slow)));
    const counts = (): readonly number[] => servers.map(({ requests }) => requests.length);
    const inAll = (): number => counts().reduce((sum, count) => sum + count, 0);
    try {
      await useService({ overrides: noSystemRoots }, async (service) => {
        const images = servers.flatMap(({ authority }) =>
          Array.from({ length: 8 }, (_, index) => `${authority}/team/fn${String(index)}:v1`),
        );
        const answers = Promise.all(images.map(async (image) => service.resolve(image)));
        await until(() => inAll() === 16);
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(inAll()).to.equal(16);
        expect(Math.max(...counts())).to.equal(4);
        openGate(undefined);
        expect(await answers).to.have.length(40);
      });
    } finally {
      await Promise.all(servers.map(async (server) => server.stop()));
    }
  });

  it('[TO7] bounds the wait for a connection', async () => {
    const silent = await startTcpServer(() => undefined);
    try {
      const overrides = { ...noSystemRoots, ...withoutJitter, timeouts: { connectMs: 200 } };
      const failure = await failureInTime({ overrides }, imageAt(silent));
      expect([failure.status, failure.reason]).to.deep.equal(['UNAVAILABLE', 'UNREACHABLE']);
      expect(failure.message).to.contain('no connection in time');
    } finally {
      await silent.stop();
    }
  });

  it('asks for another image over the same connection', async () => {
    const { tls, authority } = stage;
    const serve: Handler = async (request, response) =>
      stage.serve({ ...request, target: request.target.replace('/other/', '/team/') }, response);
    await withServer(serve, { tls }, async (server) => {
      await useService({ caPem: authority.certificatePem, overrides: noSystemRoots }, async (service) => {
        await service.resolve(imageAt(server));
        await service.resolve(imageAt(server).replace('/team/', '/other/'));
        expect(server.requests.some(({ target }) => target.includes('/other/'))).to.equal(true);
        expect(new Set(server.requests.map(({ remotePort }) => remotePort)).size).to.equal(1);
      });
    });
  });

  it('asks everything of one resolution over one connection', async () => {
    const { tls, authority, content } = stage;
    const guarded: Handler = (request, response) => {
      if (request.headers.authorization !== undefined) sendContent(content, request, response);
      else sendJson(response, 401, { errors: [] }, { 'www-authenticate': 'Basic realm="test"' });
    };
    await withServer(guarded, { tls }, async (server) => {
      const auths = { [server.authority]: basicEntry('joe', 'pass') };
      await useService({ caPem: authority.certificatePem, auths, overrides: noSystemRoots }, async (service) => {
        await service.resolve(imageAt(server));
        expect(server.requests.length).to.be.greaterThan(2);
        expect(new Set(server.requests.map(({ remotePort }) => remotePort)).size).to.equal(1);
      });
    });
  });

  it('ends the request at the registry when the caller goes away', async () => {
    let closed = 0;
    const silent: Handler = (_request, response) => void response.once('close', () => (closed += 1));
    await withServer(silent, {}, async (server) => {
      await useService({ overrides: noSystemRoots }, async (service) => {
        const caller = new AbortController();
        const call = failureOfCall(service.resolve(imageAt(server), { signal: caller.signal }));
        await until(() => server.requests.length === 1);
        caller.abort();
        expect((await call).status).to.equal('CANCELLED');
        await until(() => closed === 1);
      });
    });
  });
});

/** CANCELLED where the service does not give up by itself. */
async function failureInTime(setup: ServiceSetup, image: string): Promise<GrpcFailure> {
  return useService(setup, async (service) =>
    failureOfCall(service.resolve(image, { signal: AbortSignal.timeout(4000) })),
  );
}

async function until(condition: () => boolean): Promise<void> {
  const endMs = Date.now() + 3000;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error('it did not come to that within 3 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
