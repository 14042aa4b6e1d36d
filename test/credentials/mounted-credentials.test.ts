import { expect } from 'chai';
import { buildImage } from '../../examples/registry/image.ts';
import { failureOf } from '../resolver/failure-of.ts';
import {
  type GuardedRegistry,
  type GuardedRunner,
  startGuardedRegistry,
  startRunner,
} from '../resolver/guarded-runner.ts';

const again = { refresh: true };

describe('the mounted credentials of a service', () => {
  let registry: GuardedRegistry;
  let runner: GuardedRunner;
  let image: string;

  before(async () => {
    registry = await startGuardedRegistry('the example registry');
    await registry.push('team/fn', 'v1', await buildImage({ entrypoint: ['/fn'] }));
    image = `${registry.authority}/team/fn:v1`;
    runner = await startRunner(registry);
  });

  after(async () => {
    await runner.stop();
    await registry.stop();
  });

  it('stay the last good ones while a new version is broken, which log and metrics say', async () => {
    await runner.service.resolve(image);
    await runner.credentials.swap({ '.dockerconfigjson': '{"auths":' });
    for (let times = 0; times < 2; times += 1) {
      runner.clock.advance(2000);
      expect((await runner.service.resolve(image, again)).credential).to.equal(registry.authority);
    }
    const lines = runner.service.logLines.filter((line) => line.includes('keeping its last good content'));
    expect(lines).to.have.lengthOf(1);
    expect(lines[0]).to.contain('"kind":"credentials"').and.to.contain('CFG_JSON');
    expect(await runner.service.metrics()).to.match(
      /mounted_file_reloads_total\{[^}]*file="credentials"[^}]*outcome="failed"[^}]*\} 1\b/,
    );
  });

  it('[C17] are the new ones as soon as the kubelet has swapped a good version in', async () => {
    await runner.rotate('no longer right');
    runner.clock.advance(2000);
    expect((await failureOf(runner.service.resolve(image, again))).reason).to.equal('AUTH_REFUSED');
    expect(await runner.service.metrics()).to.match(
      /mounted_file_reloads_total\{[^}]*file="credentials"[^}]*outcome="ok"[^}]*\} 1\b/,
    );
  });
});
