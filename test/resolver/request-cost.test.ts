import { expect } from 'chai';
import { buildImage, buildIndex, type ImageIndex } from '../../examples/registry/image.ts';
import { requires } from '../support/requires.ts';
import {
  type GuardedRegistry,
  type GuardedRunner,
  type RegistryKind,
  startGuardedRegistry,
  startRunner,
} from './guarded-runner.ts';
import { ttlMs } from './resolver-with.ts';

const kinds: readonly RegistryKind[] = ['the example registry', 'docker-registry'];

for (const kind of kinds) {
  describe(`what resolving costs at ${kind}, with Basic authentication`, function () {
    if (kind === 'docker-registry') requires('docker-registry', 'htpasswd');
    this.timeout(30_000);
    let registry: GuardedRegistry;
    let runner: GuardedRunner;
    const digests = new Map<string, string>();

    before(async () => {
      registry = await startGuardedRegistry(kind);
      for (const name of ['one', 'two'])
        digests.set(name, await registry.push(`team/${name}`, 'v1', await index(name)));
    });

    beforeEach(async () => {
      await registry.takeRequests();
      runner = await startRunner(registry);
    });

    afterEach(async () => runner.stop());

    after(async () => registry.stop());

    it('is at most 4 requests for the first index image, and at most 3 for the second', async () => {
      const first = await runner.service.resolve(nameOf('one'));
      expect(await registry.takeRequests()).to.have.lengthOf.at.most(4);
      const second = await runner.service.resolve(nameOf('two'));
      expect(await registry.takeRequests()).to.have.lengthOf.at.most(3);
      expect([first.digest, second.digest]).to.deep.equal([digests.get('one'), digests.get('two')]);
    });

    it('is nothing while the answer is fresh, and nothing ever for a digest', async () => {
      await runner.service.resolve(nameOf('one'));
      const pinned = `${registry.authority}/team/two@${digests.get('two') ?? ''}`;
      await runner.service.resolve(pinned);
      await registry.takeRequests();
      runner.clock.advance(ttlMs - 1);
      expect((await runner.service.resolve(nameOf('one'))).cached).to.equal(true);
      runner.clock.advance(365 * 24 * 60 * 60 * 1000);
      expect((await runner.service.resolve(pinned)).cached).to.equal(true);
      expect(await registry.takeRequests()).to.deep.equal([]);
    });

    it('is one request for a revalidation, in the background or not', async () => {
      await runner.service.resolve(nameOf('one'));
      await registry.takeRequests();
      runner.clock.advance(ttlMs);
      expect((await runner.service.resolve(nameOf('one'))).cached).to.equal(true);
      expect(await settledRequests(registry)).to.deep.equal(['GET /v2/team/one/manifests/v1 200']);
      await untilFresh(runner, nameOf('one'));
      runner.clock.advance(3 * ttlMs);
      expect((await runner.service.resolve(nameOf('one'))).cached).to.equal(false);
      expect(await registry.takeRequests()).to.deep.equal(['GET /v2/team/one/manifests/v1 200']);
    });

    it('is the same for a thousand callers at once as for one', async () => {
      const answers = await Promise.all(
        Array.from({ length: 1_000 }, async () => runner.service.resolve(nameOf('one'))),
      );
      expect(new Set(answers.map(({ digest }) => digest))).to.deep.equal(new Set([digests.get('one')]));
      const forThousand = await registry.takeRequests();
      const other = await startRunner(registry);
      await other.service.resolve(nameOf('one'));
      await other.stop();
      expect(forThousand).to.deep.equal(await registry.takeRequests());
    });

    it('is one refused request for a wrong password, then nothing for 30 seconds', async () => {
      const wrong = await startRunner(registry, { password: 'wrong' });
      for (let times = 0; times < 3; times += 1) await refusal(wrong, nameOf('one'));
      const statuses = (await registry.takeRequests()).map((line) => line.split(' ').at(-1));
      expect(statuses).to.deep.equal(['401', '401']);
      await wrong.stop();
    });

    function nameOf(repository: string): string {
      return `${registry.authority}/team/${repository}:v1`;
    }
  });
}

async function index(name: string): Promise<ImageIndex> {
  const platforms = ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture }));
  const images = platforms.map(async (platform) => buildImage({ entrypoint: [`/${name}`], platform }));
  return buildIndex(await Promise.all(images));
}

/** What was asked once the background has had the time for it. */
async function settledRequests(registry: GuardedRegistry): Promise<readonly string[]> {
  for (let tries = 0; tries < 100; tries += 1) {
    const lines = await registry.takeRequests();
    if (lines.length > 0) return lines;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return [];
}

/** The registry logs a request before its answer has arrived; only then is the image fresh again. */
async function untilFresh({ service }: GuardedRunner, image: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    await service.resolve(image);
    if ((await service.metrics()).includes('resolutions_total{source="cache"')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${image} is not fresh again`);
}

async function refusal(runner: GuardedRunner, image: string): Promise<void> {
  const thrown = await runner.service.resolve(image).catch((error: unknown) => error);
  expect(thrown).to.be.an.instanceOf(Error).with.property('reason', 'AUTH_REFUSED');
}
