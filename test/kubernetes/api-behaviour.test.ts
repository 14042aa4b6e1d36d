import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { ApiClient } from '../../src/kubernetes/api-client.ts';
import { allBehaviours } from '../support/api-behaviour/all-behaviours.ts';
import { type ApiDouble, startApiDouble } from '../support/api-double/api-double.ts';

describe('The API server double', () => {
  let double: ApiDouble;
  let clients: ApiClient[];

  const clientOf = (user?: string): ApiClient => {
    const client = new ApiClient({ access: double.access(user), log: silentLog, counters: noCounters });
    clients.push(client);
    return client;
  };

  beforeEach(async () => {
    clients = [];
    double = await startApiDouble();
  });

  afterEach(async () => {
    for (const client of clients) await client.close();
    await double.stop();
  });

  for (const { title, show } of allBehaviours) {
    it(title, async () => {
      const restricted = async (rules: Parameters<ApiDouble['addUser']>[1]): Promise<ApiClient> => {
        double.addUser('restricted', rules);
        return Promise.resolve(clientOf('restricted'));
      };
      const forget = async (): Promise<void> => {
        double.expire();
        for (const watch of double.watches()) watch.cut();
        return Promise.resolve();
      };
      await show({ api: clientOf(), namespace: 'functions', restricted, forget }, AbortSignal.timeout(8000));
    });
  }
});
