import { expect } from 'chai';
import { startServer } from '../support/http-server.ts';
import { startService, type TestService } from '../support/service.ts';
import { failureOf } from './failure-of.ts';
import { startScriptedRegistry } from './scripted-registry.ts';

const answered = { step: 'plaintext', outcome: 'ok', reason: '' };

describe('a failure to resolve', () => {
  let service: TestService;

  before(async () => {
    service = await startService({
      flags: ['--insecure-registries=127.0.0.1', '--resolve-timeout=500ms', '--image-platform=linux/arm64'],
    });
  });

  after(async () => {
    await service.stop();
  });

  it('tells how the registry was reached when its image cannot be used', async () => {
    const registry = await startScriptedRegistry();
    const amd64 = { os: 'linux', architecture: 'amd64' };
    registry.tag('v1', registry.serveImage({ ...amd64, config: { Entrypoint: ['/fn'] } }));
    const failure = await failureOf(service.resolve(`${registry.authority}/team/fn:v1`));
    await registry.stop();
    expect(failure.reason).to.equal('MAN_PLATFORM');
    expect(failure.attempts.at(-1)).to.deep.equal({ ...answered, address: registry.authority });
  });

  it('tells what was waited for when --resolve-timeout is over', async () => {
    const silent = await startServer(() => undefined);
    const failure = await failureOf(service.resolve(`${silent.authority}/team/fn:v1`));
    await silent.stop();
    expect(failure.reason).to.equal('DEADLINE');
    expect(failure.hint).to.include('--resolve-timeout');
    expect(failure.attempts.at(-1)).to.deep.equal({
      step: 'plaintext',
      address: silent.authority,
      outcome: 'failed',
      reason: 'no answer before the deadline',
    });
  });
});
