import { expect } from 'chai';
import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { Secret } from '../../src/core/secret.ts';
import { ApiClient } from '../../src/kubernetes/api-client.ts';
import { pods } from '../../src/kubernetes/resources.ts';
import { apiErrorOf } from '../support/api-behaviour/api-error-of.ts';
import { type ApiDouble, startApiDouble } from '../support/api-double/api-double.ts';
import { sendJson, startServer } from '../support/http-server.ts';

const resource = pods('functions');
const quiet = { log: silentLog, counters: noCounters };

describe('Reads from the API server', () => {
  let double: ApiDouble;
  let signal: AbortSignal;

  beforeEach(async () => {
    double = await startApiDouble();
    signal = AbortSignal.timeout(8000);
  });

  afterEach(async () => {
    await double.stop();
  });

  it('are asked once', async () => {
    const api = new ApiClient({ access: double.access(), ...quiet });
    double.fault({ effect: { kind: 'status', code: 503 } });
    expect(await apiErrorOf(api.get(resource, 'one', signal))).to.include({ code: 'CLUSTER_UNAVAILABLE', status: 503 });
    double.fault({ effect: { kind: 'lost-request' } });
    expect(await apiErrorOf(api.list(resource, {}, signal))).to.include({ code: 'CLUSTER_UNAVAILABLE', status: 0 });
    expect(double.requests).to.have.length(2);
    await api.close();
  });

  it('renew who we are once after 401', async () => {
    let token = 'token-old';
    let refusals = 0;
    const access = {
      ...double.access(),
      authorization: async () => Promise.resolve(new Secret(`Bearer ${token}`)),
      refused: () => {
        refusals += 1;
        token = 'token-admin';
      },
    };
    const api = new ApiClient({ access, ...quiet });
    expect(await api.get(resource, 'one', signal)).to.equal(undefined);
    expect(double.requests.map(({ status }) => status)).to.deep.equal([401, 404]);
    expect(refusals).to.equal(1);
    await api.close();
  });

  it('take no JSON of somebody else for an answer', async () => {
    let answer: object = {};
    const server = await startServer((_, response) => {
      sendJson(response, 200, answer);
    });
    const api = new ApiClient({ access: { ...double.access(), server: new URL(server.url) }, ...quiet });
    const strange = [{}, { login: 'here' }, { kind: 'PodList', items: [] }];
    for (answer of strange) {
      expect(await apiErrorOf(api.list(resource, {}, signal))).to.include({ code: 'CLUSTER_UNAVAILABLE', status: 0 });
    }
    for (answer of [{}, { metadata: { name: 'two' } }]) {
      expect(await apiErrorOf(api.get(resource, 'one', signal))).to.include({ code: 'CLUSTER_UNAVAILABLE', status: 0 });
    }
    await api.close();
    await server.stop();
  });

  it('say that it is not known who asks when that does not help', async () => {
    const api = new ApiClient({ access: double.access('nobody'), ...quiet });
    const error = await apiErrorOf(api.get(resource, 'one', signal));
    expect(error).to.include({ code: 'CLUSTER_DENIED', status: 401 });
    expect(error.details.hint).to.include('token or the kubeconfig');
    await api.close();
  });

  it('keep their connections: one, or a second while the first is not idle yet', async () => {
    const server = await startServer((_, response) => {
      sendJson(response, 404, { kind: 'Status', reason: 'NotFound', code: 404 });
    });
    const api = new ApiClient({
      access: { ...double.access(), server: new URL(`${server.url}/clusters/one/`) },
      ...quiet,
    });
    for (let i = 0; i < 6; i += 1) await api.get(resource, 'a b', signal);
    expect(new Set(server.requests.map(({ remotePort }) => remotePort)).size).to.be.at.most(2);
    expect(server.requests[0]?.target).to.equal('/clusters/one/api/v1/namespaces/functions/pods/a%20b');
    await api.close();
    await server.stop();
  });

  const odd: readonly (readonly [string, string])[] = [
    ['no JSON', '<html>'],
    ['no object', '[]'],
    ['nothing', ''],
  ];
  for (const [title, body] of odd) {
    it(`take an answer that is ${title} for none`, async () => {
      const server = await startServer((_, response) => {
        response.end(body);
      });
      const api = new ApiClient({ access: { ...double.access(), server: new URL(server.url) }, ...quiet });
      const error = await apiErrorOf(api.get(resource, 'one', signal));
      expect(error).to.include({ code: 'CLUSTER_UNAVAILABLE', status: 0 });
      await api.close();
      await server.stop();
    });
  }

  it('show a refusal that is no Status as one line without what may be secret', async () => {
    const server = await startServer((_, response) => {
      response.writeHead(502).end('bad gateway\nsee https://user:pass@proxy.example/x?sig=abc');
    });
    const api = new ApiClient({ access: { ...double.access(), server: new URL(server.url) }, ...quiet });
    const error = await apiErrorOf(api.get(resource, 'one', signal));
    expect(error.message).to.match(/502 bad gateway see https:\/\/proxy\.example\/x\?sig=…$/);
    await api.close();
    await server.stop();
  });
});
