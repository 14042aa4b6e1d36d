import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { sendJson } from '../../support/http-server.ts';
import type { Handler } from '../../support/http-server.ts';
import { sendContent } from '../protocol/image-content.ts';
import { basicEntry, failureOf, failureOfCall, useService } from '../protocol/use-service.ts';
import { VirtualNetwork } from '../protocol/virtual-network.ts';
import { MovableClock } from './movable-clock.ts';
import { imageAt, noSystemRoots, setStage, withoutJitter, withServer } from './stage.ts';
import type { Stage } from './stage.ts';

type Fault = (response: ServerResponse) => void;

const answering =
  (status: number, headers: Readonly<Record<string, string>> = {}): Fault =>
  (response) => {
    sendJson(response, status, { errors: [] }, headers);
  };
const faults: readonly { readonly title: string; readonly fault: Fault }[] = [
  ...[408, 429, 500, 502, 503, 504].map((status) => ({ title: String(status), fault: answering(status) })),
  { title: 'a reset', fault: (response) => void response.socket?.resetAndDestroy() },
  { title: 'an end without an answer', fault: (response) => void response.socket?.end() },
  {
    title: 'a body that is cut short',
    fault: (response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{', () => response.socket?.end());
    },
  },
];

describe('retries, through the service', () => {
  let stage: Stage;

  before(async () => {
    stage = await setStage();
  });

  /** Spoils the first requests, then answers. */
  function faultyAtFirst(fault: Fault, times: number): Handler {
    let left = times;
    return (request, response) => {
      left -= 1;
      if (left >= 0) fault(response);
      else sendContent(stage.content, request, response);
    };
  }

  for (const { title, fault } of faults) {
    it(`[RT8] [V7] asks up to four times after ${title}`, async () => {
      const overrides = { ...noSystemRoots, ...withoutJitter };
      await withServer(faultyAtFirst(fault, 3), {}, async (server) => {
        await useService({ overrides }, async (service) => {
          expect((await service.resolve(imageAt(server))).digest).to.equal(stage.content.manifest.digest);
          expect(await service.metrics()).to.match(/registry_retries_total\{[^}]*\} 3/);
        });
      });
      await withServer(faultyAtFirst(fault, 9), {}, async (server) => {
        const failure = await failureOf({ overrides }, imageAt(server));
        expect(failure.status).to.be.oneOf(['UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'INTERNAL']);
        expect(server.requests).to.have.length(4);
      });
    });
  }

  for (const status of [400, 404, 405, 410, 501]) {
    it(`[RT8] takes ${String(status)} for final`, async () => {
      await withServer(faultyAtFirst(answering(status), 9), {}, async (server) => {
        await failureOf({ overrides: noSystemRoots }, imageAt(server));
        expect(server.requests).to.have.length(1);
      });
    });
  }

  it('[RT8] waits half a second, then twice as long each time, less the jitter', async () => {
    for (const jitter of [1, 0.5]) {
      const clock = new MovableClock();
      const overrides = { ...noSystemRoots, clock, random: () => jitter };
      await withServer(faultyAtFirst(answering(503), 9), {}, async (server) => {
        await useService({ overrides }, async (service) => {
          await failureOfCall(service.resolve(imageAt(server)));
          expect(clock.delaysMs).to.deep.equal([500, 1000, 2000].map((ms) => ms * jitter));
        });
      });
    }
  });

  it('[RT8] waits as Retry-After says, in seconds or until a date', async () => {
    for (const header of ['7', new Date(Date.now() + 7500).toUTCString()]) {
      const clock = new MovableClock();
      const fault = answering(429, { 'retry-after': header });
      await withServer(faultyAtFirst(fault, 1), {}, async (server) => {
        await useService({ overrides: { ...noSystemRoots, clock } }, async (service) => {
          await service.resolve(imageAt(server));
          expect(clock.delaysMs).to.have.length(1);
          expect(clock.delaysMs[0]).to.be.within(6000, 8000);
        });
      });
    }
  });

  it('[RT8] fails at once with the time to wait where that is over a minute or past the deadline', async () => {
    for (const { seconds, deadlineMs } of [
      { seconds: 61, deadlineMs: 20_000 },
      { seconds: 10, deadlineMs: 3000 },
    ]) {
      const fault = answering(429, { 'retry-after': String(seconds) });
      await withServer(faultyAtFirst(fault, 9), {}, async (server) => {
        await useService({ overrides: noSystemRoots, flags: ['--resolve-timeout=5m'] }, async (service) => {
          const failure = await failureOfCall(service.resolve(imageAt(server), { deadlineMs }));
          expect([failure.status, failure.retryDelaySeconds]).to.deep.equal(['RESOURCE_EXHAUSTED', seconds]);
          expect(server.requests).to.have.length(1);
        });
      });
    }
  });

  it('[RT8] dials a closed port once more, and looks an unknown name up only once', async () => {
    const network = new VirtualNetwork().name('registry.example', '203.0.113.7');
    const overrides = { ...network.overrides, ...noSystemRoots, ...withoutJitter };
    await failureOf({ overrides }, 'registry.example:5000/team/fn:v1');
    expect(network.dialled).to.deep.equal(['203.0.113.7 5000', '203.0.113.7 5000']);
    let lookups = 0;
    const lookup = async (): Promise<never> => {
      lookups += 1;
      return Promise.reject(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }));
    };
    await failureOf({ overrides: { ...overrides, lookup } }, 'nowhere.example:5000/team/fn:v1');
    expect(lookups).to.equal(1);
  });

  it('[RT8] looks a name up again where the resolver is in trouble', async () => {
    await withServer(stage.serve, {}, async (server) => {
      const network = new VirtualNetwork().name('registry.example', '203.0.113.7').serve('203.0.113.7', 5000, server);
      const { lookup, ...rest } = network.overrides;
      let troubles = 3;
      const troubled: typeof lookup = async (hostname) => {
        troubles -= 1;
        if (troubles >= 0) throw Object.assign(new Error('try again'), { code: 'EAI_AGAIN' });
        return (await lookup?.(hostname)) ?? [];
      };
      const overrides = { ...rest, ...noSystemRoots, ...withoutJitter, lookup: troubled };
      await useService({ overrides }, async (service) => {
        expect((await service.resolve('registry.example:5000/team/fn:v1')).connection).to.equal('plaintext');
      });
    });
  });

  it('[RT9] repeats a token request by GET as any other, and a POST whose answer was lost at most once', async () => {
    const { tls, authority } = stage;
    for (const [entry, method, times] of [
      [basicEntry('joe', 'pass'), 'GET', 4],
      [{ ...basicEntry('joe', ''), identitytoken: 'refresh' }, 'POST', 2],
    ] as const) {
      const losing: Handler = (_request, response) => void response.socket?.end();
      await withServer(losing, { tls }, async (tokens) => {
        const challenging = answering(401, { 'www-authenticate': `Bearer realm="${tokens.url}/token",service="test"` });
        await withServer(faultyAtFirst(challenging, 9), { tls }, async (server) => {
          const auths = { [server.authority]: entry };
          const overrides = { ...noSystemRoots, ...withoutJitter };
          await failureOf({ caPem: authority.certificatePem, auths, overrides }, imageAt(server));
          expect(tokens.requests.map((request) => request.method)).to.deep.equal(
            Array.from({ length: times }, () => method),
          );
        });
      });
    }
  });
});
