import { expect } from 'chai';
import { RunnerClient } from '../../src/rpc/client.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { startService, type TestService } from '../support/service.ts';
import { watchHealth } from './health-watch.ts';

const services = [
  '',
  'evaluator.FunctionEvaluator',
  'functionrunner.v1.ImageResolver',
  'functionrunner.v1.FunctionRunner',
];

describe('health', () => {
  let service: TestService;
  let client: RunnerClient;

  beforeEach(async () => {
    service = await startService({ flags: ['--drain-delay=300ms'] });
    client = new RunnerClient(service.address);
  });

  afterEach(async () => {
    client.close();
    await service.stop();
  });

  for (const name of services) {
    it(`is SERVING for ${JSON.stringify(name)} once started`, async () => {
      expect(await client.checkHealth(name)).to.equal('SERVING');
    });
  }

  it('is NOT_FOUND for a service that there is not', async () => {
    expect(await grpcFailureOf(client.checkHealth('no.such.Service'))).to.include({ status: 'NOT_FOUND' });
  });

  it('is watched as SERVICE_UNKNOWN for a service that there is not', async () => {
    const watch = watchHealth(service.address, 'no.such.Service');
    await watch.received(1);
    watch.close();
    expect(watch.statuses).to.deep.equal(['SERVICE_UNKNOWN']);
  });

  it('is watched over a stream that stays open, says NOT_SERVING while draining, and ends before the connection', async () => {
    const watch = watchHealth(service.address);
    await watch.received(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(watch.statuses).to.deep.equal(['SERVING']);
    const stopped = service.app.stop();
    await watch.received(2);
    expect(watch.statuses).to.deep.equal(['SERVING', 'NOT_SERVING']);
    expect(await client.checkHealth()).to.equal('NOT_SERVING');
    await watch.ended;
    await stopped;
    watch.close();
  });
});
