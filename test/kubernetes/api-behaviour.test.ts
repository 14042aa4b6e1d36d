import { silentLog } from '../../src/core/log.ts';
import { noCounters } from '../../src/core/counters.ts';
import { ApiClient } from '../../src/kubernetes/api-client.ts';
import { deletionBehaviours } from '../support/api-behaviour/deletion-behaviours.ts';
import { objectBehaviours } from '../support/api-behaviour/object-behaviours.ts';
import { type ApiDouble, startApiDouble } from '../support/api-double/api-double.ts';

describe('The API server double', () => {
  let double: ApiDouble;
  let api: ApiClient;

  beforeEach(async () => {
    double = await startApiDouble();
    api = new ApiClient({ access: double.access(), log: silentLog, counters: noCounters });
  });

  afterEach(async () => {
    await api.close();
    await double.stop();
  });

  for (const { title, show } of [...objectBehaviours, ...deletionBehaviours]) {
    it(title, async () => {
      await show({ api, namespace: 'functions' }, AbortSignal.timeout(5000));
    });
  }
});
