import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { buildImage, type ImageOptions } from '../../examples/registry/image.ts';
import { buildLayer, type Layer } from '../../examples/registry/layer.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { type Registry, startRegistry } from '../../examples/registry/registry.ts';
import { digestOf } from '../../src/image/digest.ts';
import type { PullEvent } from '../../src/local/store/pull-event.ts';
import { requires } from '../support/requires.ts';
import { GrpcFailure, startService, type TestService } from '../support/service.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { rawTar, type RawEntry } from './raw-tar.ts';
import { systemPath, systemPrograms, toolFiles } from './tool-files.ts';

const list = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n';

/** A shell function that passes its input on and does something else besides. */
function passing(script: string): readonly string[] {
  return ['sh', '-c', `cat; ${script}`];
}

function plainLayer(tar: Buffer): Layer {
  const digest = digestOf(tar).text;
  return { compression: 'none', bytes: tar, digest, diffId: digest };
}

describe('the local runtime, through the service and a registry', function () {
  requires('user-namespaces');
  this.timeout(20_000);
  const cleanup = new AsyncDisposableStack();
  let registry: Registry;
  let folder: TempFolder;
  let service: TestService;
  let tools: Layer;
  let pulls: PullEvent[] = [];
  let count = 0;

  before(async () => {
    tools = await buildLayer(await toolFiles(await systemPrograms('sh', 'cat', 'id')));
    registry = await startRegistry();
    cleanup.defer(async () => registry.stop());
    folder = await tempFolder('local-service-test');
    cleanup.defer(async () => folder.remove());
    service = await startService({
      flags: [`--insecure-registries=${registry.address}`, `--image-store=${join(folder.path, 'store')}`],
      overrides: { environment: { PATH: systemPath }, onPullProgress: (event) => pulls.push(event) },
    });
    cleanup.defer(async () => service.stop());
  });

  after(async () => {
    await cleanup.disposeAsync();
  });

  beforeEach(() => {
    pulls = [];
  });

  async function pushed(options: ImageOptions): Promise<string> {
    count += 1;
    const repository = `functions/number-${String(count)}`;
    await pushImage(registry.address, repository, 'v1', await buildImage(options));
    return `${registry.address}/${repository}:v1`;
  }

  async function failure(image: string): Promise<GrpcFailure> {
    try {
      await service.evaluate(image, list);
    } catch (error) {
      if (error instanceof GrpcFailure) return error;
      throw error;
    }
    throw new Error('it did not fail');
  }

  it('runs a function straight from its registry, and pulls it once', async () => {
    const image = await pushed({ layers: [tools], entrypoint: passing('echo done >&2') });
    const first = await service.evaluate(image, list);
    expect(Buffer.from(first.output).toString()).to.equal(list);
    expect(Buffer.from(first.stderr).toString()).to.equal('done\n');
    await service.evaluate(image, list);
    expect(pulls.filter(({ kind }) => kind === 'finished')).to.have.length(1);
    expect(await service.metrics()).to.match(/function_runner_layers_unpacked_total\{outcome="ok"\} 1\b/);
  });

  it('runs it again after somebody has cleared the cache folder', async () => {
    const image = await pushed({ layers: [tools], entrypoint: passing(': cleared') });
    await service.evaluate(image, list);
    await rm(join(folder.path, 'store'), { recursive: true });
    expect((await service.evaluate(image, list)).exitCode).to.equal(0);
  });

  for (const { row, user, as } of [
    { row: '[KR8] [CB24]', user: '', as: 'uid=65532 gid=65532' },
    { row: '[S23]', user: '0:0', as: 'uid=65532 gid=65532' },
    { row: '[CB24]', user: '1234:5678', as: 'uid=1234 gid=5678' },
  ] as const) {
    it(`${row} runs an image with User ${JSON.stringify(user)} as ${as}`, async () => {
      const image = await pushed({ layers: [tools], entrypoint: passing('id >&2'), user });
      expect(Buffer.from((await service.evaluate(image, list)).stderr).toString()).to.include(as);
    });
  }

  it('[CB25] refuses an image whose User is larger than 2147483647', async () => {
    const error = await failure(await pushed({ layers: [tools], entrypoint: passing(':'), user: '4294967296' }));
    expect(error.reason).to.equal('MAN_CONFIG');
    expect(error.message).to.include('4294967296');
  });

  it('refuses an image whose User it cannot find', async () => {
    const error = await failure(await pushed({ layers: [tools], entrypoint: passing(':'), user: 'app' }));
    expect(error.reason).to.equal('MAN_CONFIG');
    expect(error.message).to.include('"app"').and.to.include('/etc/passwd');
  });

  it('says which program of the image cannot be started', async () => {
    const error = await failure(await pushed({ layers: [tools], entrypoint: ['/bin/no-such-program'] }));
    expect(error.reason).to.equal('FUNCTION_START');
    expect(error.message).to.include('/bin/no-such-program').and.to.include('No such file');
  });

  it('[S20] refuses a layer that is a decompression bomb, and keeps nothing of it', async () => {
    const bomb = await buildLayer([{ kind: 'file', path: 'bomb', content: Buffer.alloc(120_000_000) }]);
    const error = await failure(await pushed({ layers: [bomb], entrypoint: ['/bomb'] }));
    expect(error.reason).to.equal('LAYER_LIMIT');
    expect(await readdir(join(folder.path, 'store/v1/work'))).to.deep.equal([]);
  });

  for (const { title, entries } of [
    { title: 'a path that leads out of the root', entries: [{ name: '../../../escaped', content: 'x' }] },
    {
      title: 'a file through a link that leads out of the root',
      entries: [
        { name: 'out', type: '2', linkName: '../../..' },
        { name: 'out/escaped', content: 'x' },
      ],
    },
  ] as const satisfies readonly { title: string; entries: readonly RawEntry[] }[]) {
    it(`[S21] writes nothing outside the root for ${title}`, async () => {
      await failure(await pushed({ layers: [plainLayer(rawTar(entries))], entrypoint: ['/x'] }));
      expect(await readdir(folder.path)).to.deep.equal(['store']);
      expect(await readdir(join(folder.path, 'store/v1'))).not.to.include('escaped');
      expect(await readdir(join(folder.path, 'store/v1/work'))).to.deep.equal([]);
    });
  }

  it('[S22] refuses an image of too many layers before it asks for the first', async () => {
    const image = await pushed({ layers: Array.from({ length: 300 }, () => tools), entrypoint: ['/x'] });
    const before = registry.requests.length;
    expect((await failure(image)).reason).to.equal('LAYER_LIMIT');
    const asked = registry.requests.slice(before).map(({ path }) => path);
    expect(asked.filter((path) => path.endsWith(tools.digest))).to.deep.equal([]);
    expect(asked).to.have.length.above(0);
  });
});
