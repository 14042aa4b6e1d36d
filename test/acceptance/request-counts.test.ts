import { expect } from 'chai';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { buildImage, buildIndex } from '../../examples/registry/image.ts';
import type { ImageIndex } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { AccessLine } from '../support/access-log.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { dockerConfigJson, mountSecret } from '../support/mounted-secret.ts';
import type { MountedSecret } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import { startService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';

const user = { username: 'joe', password: 'a:b' };
const minuteMs = 60_000;

describe('what resolving costs a registry with Basic authentication, by its access log', function () {
  requires('docker-registry', 'htpasswd');
  this.timeout(60_000);
  let registry: DockerRegistry;
  let secrets: MountedSecret;
  let service: TestService;
  let aheadMs = 0;

  before(async () => {
    const ca = await createAuthority();
    registry = await startDockerRegistry({
      tls: await ca.issue({ ipAddresses: ['127.0.0.1'] }),
      users: { [user.username]: user.password },
    });
    for (const name of ['first', 'second']) {
      const image = await twoPlatforms(name);
      await pushImage(registry.authority, name, 'v1', image, { auth: user, ca: ca.certificatePem });
    }
    secrets = await mountSecret({
      '.dockerconfigjson': dockerConfigJson({ [registry.authority]: `${user.username}:${user.password}` }),
      'ca.crt': ca.certificatePem,
    });
  });

  after(async () => {
    await registry.stop();
    await secrets.remove();
  });

  beforeEach(async () => {
    aheadMs = 0;
    const clock = { now: () => Date.now() + aheadMs, delay: async (ms: number) => systemClock.delay(ms) };
    service = await startService({
      flags: [
        '--enable-private-registries',
        `--registry-auth-secret-path=${secrets.file('.dockerconfigjson')}`,
        '--enable-private-registries-tls',
        `--tls-secret-path=${secrets.path}`,
        '--image-cache-ttl=5m',
        '--image-platform=linux/amd64',
      ],
      overrides: { clock },
    });
  });

  afterEach(async () => service.stop());

  it('is at most four requests for the first index image, at most three for the second', async () => {
    const first = await requestsDuring(async () => service.resolve(`${registry.authority}/first:v1`));
    expect(first.map(shown)).to.deep.equal([
      'GET /v2/first/manifests/v1 401',
      'GET /v2/first/manifests/v1 200',
      'GET /v2/first/manifests/sha256 200',
      'GET /v2/first/blobs/sha256 200',
    ]);
    const second = await requestsDuring(async () => service.resolve(`${registry.authority}/second:v1`));
    expect(second.map(shown)).to.deep.equal([
      'GET /v2/second/manifests/v1 200',
      'GET /v2/second/manifests/sha256 200',
      'GET /v2/second/blobs/sha256 200',
    ]);
  });

  it('is nothing for a cached image and one request for a revalidation in the background', async () => {
    const image = `${registry.authority}/first:v1`;
    await service.resolve(image);
    const cached = await requestsDuring(async () => {
      for (let n = 0; n < 10; n += 1) expect((await service.resolve(image)).cached).to.equal(true);
    });
    expect(cached).to.deep.equal([]);
    aheadMs = 6 * minuteMs;
    const before = (await registry.accessLog()).length;
    const revalidation = await requestsDuring(async () => {
      expect((await service.resolve(image)).cached).to.equal(true);
      await eventually(async () => (await registry.accessLog()).length > before);
    });
    expect(revalidation.map((line) => line.status)).to.deep.equal([200]);
    const again = await requestsDuring(async () => service.resolve(image));
    expect(again).to.deep.equal([]);
  });

  it('is the same for 1,000 concurrent callers as for one', async () => {
    const image = `${registry.authority}/first:v1`;
    const requests = await requestsDuring(async () => {
      const answers = await Promise.all(Array.from({ length: 1000 }, async () => service.resolve(image)));
      expect(new Set(answers.map((answer) => answer.platformDigest)).size).to.equal(1);
    });
    expect(requests.length).to.be.within(1, 4);
  });

  async function requestsDuring(work: () => Promise<unknown>): Promise<readonly AccessLine[]> {
    const start = (await registry.accessLog()).length;
    await work();
    return (await registry.accessLog()).slice(start);
  }
});

async function twoPlatforms(name: string): Promise<ImageIndex> {
  const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
  return buildIndex(
    await Promise.all(platforms.map(async (platform) => buildImage({ platform, entrypoint: [`/${name}`] }))),
  );
}

function shown({ method, path, status }: AccessLine): string {
  return `${method} ${path.replace(/:[0-9a-f]{64}$/, '')} ${String(status)}`;
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + 5000; Date.now() < endMs; await systemClock.delay(20)) if (await holds()) return;
  throw new Error('did not happen within 5 seconds');
}
