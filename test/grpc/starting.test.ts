import { expect } from 'chai';
import { GrpcServer } from '../../src/grpc/server.ts';
import { RunnerClient } from '../../src/rpc/client.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import { functionDouble } from './function-double.ts';

describe('a server that listens but has not been told to serve', () => {
  const server = new GrpcServer({
    host: '127.0.0.1',
    port: 0,
    maxMessageBytes: 1024 * 1024,
    maxConcurrentEvaluations: 1,
    drainDelayMs: 0,
    drainTimeoutMs: 1000,
    maxConnectionAgeMs: 60_000,
    resolver: { resolve: async () => Promise.reject(new Error('not asked')) },
    evaluator: functionDouble(async () => Promise.resolve({})),
    observe: () => undefined,
    clock: systemClock,
    log: silentLog,
  });

  before(async () => server.listen());
  after(async () => server.stop());

  it('says NOT_SERVING until then', async () => {
    const client = new RunnerClient(server.address);
    expect(await client.checkHealth()).to.equal('NOT_SERVING');
    server.health.set('SERVING');
    expect(await client.checkHealth()).to.equal('SERVING');
    client.close();
  });
});
