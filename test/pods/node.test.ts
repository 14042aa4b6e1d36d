import { startApiDouble } from '../support/api-double/api-double.ts';
import { namespace, type NodePlatform, nodeBehaviours } from './node-behaviours.ts';

async function startPlatform(): Promise<NodePlatform> {
  const api = await startApiDouble();
  return {
    access: { server: api.server, token: 'token-admin' },
    ask: async (method, path, body) => {
      const response = await fetch(new URL(`/api/v1/namespaces/${namespace}/${path}`, api.server), {
        method,
        headers: { authorization: 'Bearer token-admin', 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const answer: unknown = await response.json();
      return response.status === 404 ? undefined : answer;
    },
    end: async () => api.stop(),
  };
}

describe('the node of the tests, with the API server double', function () {
  this.timeout(20_000);
  nodeBehaviours(startPlatform);
});
