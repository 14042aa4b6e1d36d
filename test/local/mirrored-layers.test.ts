import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { buildImage } from '../../examples/registry/image.ts';
import type { Image } from '../../examples/registry/image.ts';
import { buildLayer } from '../../examples/registry/layer.ts';
import { startServer } from '../support/http-server.ts';
import type { Handler, TestServer } from '../support/http-server.ts';
import { requires } from '../support/requires.ts';
import { startService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { systemPath, systemPrograms, toolFiles } from './tool-files.ts';

const list = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n';

/** Serves one image by whatever names it is asked for. */
function serving(image: Image): Handler {
  const blobs = new Map([image.manifest, ...image.blobs].map((blob) => [blob.digest, blob]));
  return (request, response) => {
    const name = request.target.replace(/\?.*$/, '').split('/').at(-1) ?? '';
    const blob = blobs.get(name) ?? image.manifest;
    response.writeHead(200, { 'content-type': blob.mediaType, 'content-length': blob.bytes.length }).end(blob.bytes);
  };
}

describe('layers by a mirror, in the local runtime', function () {
  requires('user-namespaces');
  this.timeout(20_000);
  let image: Image;
  let layerDigest = '';

  before(async () => {
    const layer = await buildLayer(await toolFiles(await systemPrograms('sh', 'cat')));
    layerDigest = layer.digest;
    image = await buildImage({ layers: [layer], entrypoint: ['sh', '-c', 'cat'] });
  });

  /** Evaluates once, with a mirror that answers for the layer by `sendLayer`. */
  async function evaluated(sendLayer: Handler): Promise<{
    readonly origin: readonly string[];
    readonly mirror: readonly string[];
    readonly log: string;
    readonly metrics: string;
    readonly elapsedMs: number;
  }> {
    await using stack = new AsyncDisposableStack();
    const start = async (handler: Handler): Promise<TestServer> => {
      const server = await startServer(handler);
      stack.defer(async () => server.stop());
      return server;
    };
    const serve = serving(image);
    const origin = await start(serve);
    const mirror = await start((request, response) =>
      request.target.includes(layerDigest) ? sendLayer(request, response) : serve(request, response),
    );
    const folder = await tempFolder('mirrored-layers');
    stack.defer(async () => folder.remove());
    const hosts = join(folder.path, `127.0.0.1_${String(origin.port)}_`);
    await mkdir(hosts);
    await writeFile(join(hosts, 'hosts.toml'), `[host."${mirror.url}"]\n`);
    const service = await startService({
      flags: [
        `--registry-hosts-dir=${folder.path}`,
        `--insecure-registries=${origin.authority}`,
        `--image-store=${join(folder.path, 'store')}`,
      ],
      overrides: { environment: { PATH: systemPath } },
    });
    stack.defer(async () => service.stop());
    const startedMs = performance.now();
    const { exitCode } = await service.evaluate(`${origin.authority}/team/fn:v1`, list);
    expect(exitCode).to.equal(0);
    return {
      origin: origin.requests.map(({ target }) => target),
      mirror: mirror.requests.map(({ target }) => target),
      log: service.logLines.join(''),
      metrics: await service.metrics(),
      elapsedMs: performance.now() - startedMs,
    };
  }

  it('[MR11] are unpacked, and the registry is not asked', async () => {
    const { origin, mirror } = await evaluated(serving(image));
    expect(origin).to.deep.equal([]);
    expect(mirror.filter((target) => target.includes(layerDigest))).to.have.lengthOf(1);
  });

  const lies: readonly { readonly title: string; readonly send: Handler; readonly told: RegExp }[] = [
    {
      title: 'other bytes of the same length',
      send: (_request, response) => {
        response.end(Buffer.alloc(sizeOf(image, layerDigest), 'x'));
      },
      told: /sent for sha256:|cannot be unpacked/,
    },
    {
      title: 'another layer',
      send: (_request, response) => {
        const wrong = Buffer.from(bytesOf(image, layerDigest));
        // The time in gzip's header: it unpacks to the same, so only the digest of what was sent tells.
        wrong.writeUInt32LE(1, 4);
        response.end(wrong);
      },
      told: /hashes to sha256:/,
    },
    {
      title: 'less than the whole',
      send: (_request, response) => {
        response.end(bytesOf(image, layerDigest).subarray(0, 1000));
      },
      told: /bytes, and 1000 came|cannot be unpacked|unexpected end/,
    },
  ];
  for (const { title, send, told } of lies) {
    it(`[MR11] come from the registry where the mirror sends ${title}, and the lie is told by digest`, async () => {
      const { origin, log, metrics } = await evaluated(send);
      expect(origin.filter((target) => target.includes(layerDigest))).to.have.lengthOf(1);
      const line = log.split('\n').find((text) => text.includes('mirror sent something else')) ?? '';
      expect(line).to.include(layerDigest).and.match(told);
      expect(metrics).to.match(/mirror_fallbacks_total\{reason="MAN_(DIGEST|SIZE)"\} 1/);
    });
  }

  it('[MR11] come from the registry where the mirror sends them too slowly', async () => {
    const { origin, elapsedMs } = await evaluated((_request, response) => {
      const bytes = bytesOf(image, layerDigest);
      let at = 0;
      const timer = setInterval(() => response.write(bytes.subarray(at, (at += 10))), 100);
      response.on('close', () => {
        clearInterval(timer);
      });
    });
    expect(origin.filter((target) => target.includes(layerDigest))).to.have.lengthOf(1);
    expect(elapsedMs).to.be.below(5000);
  });

  it('[MR11] come from the registry where the mirror breaks off', async () => {
    const { origin } = await evaluated((_request, response) => {
      response.writeHead(200, { 'content-length': 100_000 });
      response.write(bytesOf(image, layerDigest).subarray(0, 1000), () => response.destroy());
    });
    expect(origin.filter((target) => target.includes(layerDigest))).to.have.lengthOf(1);
  });
});

function bytesOf(image: Image, digest: string): Buffer {
  const blob = image.blobs.find((each) => each.digest === digest);
  if (blob === undefined) throw new Error('no such layer');
  return blob.bytes;
}

function sizeOf(image: Image, digest: string): number {
  return bytesOf(image, digest).length;
}
