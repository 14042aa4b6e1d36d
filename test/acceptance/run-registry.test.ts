import { expect } from 'chai';
import { functionRunner } from '../support/command-line.ts';
import { type Forwarder, startForwarder } from '../support/forwarder.ts';
import { dockerConfigJson, mountSecret, type MountedSecret } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import { startService } from '../support/service.ts';
import { skopeoInspect } from '../support/skopeo.ts';
import { type GuardedRegistry, indexName, login, startGuardedRegistry } from './guarded-registry.ts';

describe('a registry that nodes reach under another address, with docker-registry at both', function () {
  requires('docker-registry', 'skopeo', 'htpasswd');
  this.timeout(60_000);
  let registry: GuardedRegistry;
  let forwarder: Forwarder;
  let flag: string;

  before(async () => {
    registry = await startGuardedRegistry();
    forwarder = await startForwarder();
    forwarder.forwardTo(registry.authority);
    flag = `--run-registry=${registry.authority}=${forwarder.authority}`;
  });

  after(async () => {
    await forwarder.stop();
    await registry.stop();
  });

  it('is there: skopeo finds the same image under both', async () => {
    const other = { ...registry.access, authority: forwarder.authority };
    const [one, same] = [await skopeoInspect(indexName, registry.access), await skopeoInspect(indexName, other)];
    expect(one.digest).to.equal(same.digest);
    expect(forwarder.connections).to.be.above(0);
  });

  it('is asked at the one, whichever is named; resolve shows both', async () => {
    const { digest } = await skopeoInspect(indexName, registry.access);
    const before = forwarder.connections;
    for (const named of [registry.authority, forwarder.authority]) {
      const { exitCode, answer } = await registry.resolve(`${named}/${indexName}`, [flag]);
      expect(exitCode).to.equal(0);
      expect(answer).to.deep.include({
        image: `${named}/${indexName}`,
        reference: `${registry.authority}/${indexName}`,
        digest,
        runsAs: `${forwarder.authority}/team/set-labels@${digest}`,
      });
    }
    expect(forwarder.connections).to.equal(before);
  });

  it('is shown to people under both', async () => {
    const { text } = await registry.resolve(`${registry.authority}/${indexName}`, [flag], { output: 'text' });
    expect(text).to.match(new RegExp(`^runs as +${forwarder.authority}/team/set-labels@sha256:`, 'm'));
    const plain = await registry.resolve(`${registry.authority}/${indexName}`, [], { output: 'text' });
    expect(plain.text).not.to.include('runs as');
  });

  it('may be the default registry under either address', async () => {
    for (const named of [registry.authority, forwarder.authority]) {
      const prefix = `--default-image-prefix=${named}/team/`;
      const { answer } = await registry.resolve('set-labels:v1', [flag, prefix]);
      expect(answer).to.deep.include({ reference: `${registry.authority}/${indexName}` });
    }
  });

  it('has to be allowed at the address that is asked', async () => {
    const image = `${forwarder.authority}/${indexName}`;
    const allowed = await registry.resolve(image, [flag, `--allowed-registries=${registry.authority}`]);
    expect(allowed.exitCode).to.equal(0);
    const refused = await registry.resolve(image, [flag, `--allowed-registries=${forwarder.authority}`]);
    expect(refused.exitCode).to.equal(1);
    expect(JSON.stringify(refused.answer)).to.include('REGISTRY_NOT_ALLOWED').and.include(registry.authority);
  });

  it('is one image to the service: the second address costs no request', async () => {
    const mounted: MountedSecret = await mountSecret({
      '.dockerconfigjson': dockerConfigJson({ [registry.authority]: `${login.name}:${login.password}` }),
    });
    const service = await startService({
      flags: [
        flag,
        '--enable-private-registries',
        `--registry-auth-secret-path=${mounted.file('.dockerconfigjson')}`,
        '--enable-private-registries-tls',
        `--tls-secret-path=${registry.caFile.replace(/\/[^/]*$/, '')}`,
        '--image-platform=linux/amd64',
      ],
    });
    try {
      const one = await service.resolve(`${registry.authority}/${indexName}`);
      const requests = requestsIn(await service.metrics());
      expect(requests).to.be.above(0);
      const same = await service.resolve(`${forwarder.authority}/${indexName}`);
      expect(same).to.include({ cached: true, digest: one.digest });
      expect(requestsIn(await service.metrics())).to.equal(requests);
    } finally {
      await service.stop();
      await mounted.remove();
    }
  });

  it('has two addresses that make sense', async () => {
    const { exitCode, stderr } = await functionRunner(['resolve', 'x', '--run-registry=a.example', '--run-registry']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('--run-registry');
    const wrong = await functionRunner(['resolve', 'x', '--run-registry=a.example=b.example/c']);
    expect(wrong.exitCode).to.equal(2);
    expect(wrong.stderr).to.include('--run-registry: "a.example=b.example/c" has a path in "b.example/c"');
  });
});

/** All requests to registries, by the metrics. */
function requestsIn(metrics: string): number {
  const lines = metrics.matchAll(/^function_runner_registry_requests_total\{[^}]*\} (\d+)$/gm);
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}
