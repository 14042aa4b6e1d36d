import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { expect } from 'chai';

import { sendBlob } from './image-content.ts';
import { startScriptedRegistry } from './scripted-registry.ts';
import type { ScriptedRegistry, Script } from './scripted-registry.ts';
import { failureOf, useService } from './use-service.ts';
import type { ServiceSetup } from './use-service.ts';

const ociIndex = 'application/vnd.oci.image.index.v1+json';
const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const maxBytes = 4 * 1024 * 1024;

function digestOf(bytes: Buffer | string, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** The JSON text of a manifest with some of its fields changed. */
function changed(bytes: Buffer, changes: object): string {
  const body: unknown = JSON.parse(String(bytes));
  return JSON.stringify({ ...(typeof body === 'object' ? body : {}), ...changes });
}

describe("a registry's answer to a manifest request", () => {
  let registry: ScriptedRegistry;
  let setup: ServiceSetup;
  let image: string;

  before(async () => {
    registry = await startScriptedRegistry();
    setup = { caPem: registry.caPem };
    image = `${registry.authority}/team/fn:v1`;
  });

  after(async () => registry.stop());

  /** Answers requests whose path has `part` in it with this body. */
  function sending(
    part: string,
    body: Buffer | string,
    headers: Readonly<Record<string, string | string[]>> = {},
  ): Script {
    return (request, response) => {
      if (!request.target.includes(part)) return 'content';
      response.writeHead(200, { 'content-type': ociManifest, ...headers });
      response.end(body);
      return 'answered';
    };
  }

  it('[M7] [M10] [M13] [M14] is asked for by one GET that names what is accepted, and never by HEAD', async () => {
    registry.play(() => 'content');
    await useService(setup, async (service) => service.resolve(image));
    expect(registry.targets).to.deep.equal([
      'GET /v2/team/fn/manifests/v1',
      `GET /v2/team/fn/blobs/${registry.content.config.digest}`,
    ]);
    const [headers] = registry.requests.map((request) => request.headers);
    expect(headers?.accept?.split(', ')).to.have.members([
      ociIndex,
      'application/vnd.docker.distribution.manifest.list.v2+json',
      ociManifest,
      'application/vnd.docker.distribution.manifest.v2+json',
    ]);
    expect(headers?.['accept-encoding']).to.equal('identity');
    expect(headers?.['user-agent']).to.match(/^krm-function-runner/);
  });

  it('[V1] has the hash of its bytes for its digest where the registry says none', async () => {
    const { manifest } = registry.content;
    registry.play(sending('/manifests/v1', manifest.bytes));
    const answer = await useService(setup, async (service) => service.resolve(image));
    expect(answer.digest).to.equal(digestOf(manifest.bytes));
  });

  const headerCases: readonly (readonly [
    row: string,
    what: string,
    header: (bytes: Buffer) => string | string[],
    outcome: 'MAN_DIGEST' | 'ok',
  ])[] = [
    ['V2', 'another digest', () => digestOf('other'), 'MAN_DIGEST'],
    ['V4', 'no digest at all', () => 'sha256:nonsense', 'ok'],
    ['V5', 'two different digests', (bytes) => [digestOf(bytes), digestOf('other')], 'MAN_DIGEST'],
    ['V6', 'its digest by sha512', (bytes) => digestOf(bytes, 'sha512'), 'ok'],
    ['V6', 'another digest by sha512', () => digestOf('other', 'sha512'), 'MAN_DIGEST'],
  ];
  for (const [row, what, header, outcome] of headerCases) {
    it(`[${row}] is ${outcome} when Docker-Content-Digest has ${what}`, async () => {
      const { bytes } = registry.content.manifest;
      registry.play(sending('/manifests/v1', bytes, { 'docker-content-digest': header(bytes) }));
      if (outcome === 'ok') {
        await useService(setup, async (service) => {
          expect((await service.resolve(image)).digest).to.equal(digestOf(bytes));
          expect(service.logLines.some((line) => line.includes('malformed Docker-Content-Digest'))).to.equal(
            row === 'V4',
          );
        });
      } else {
        expect((await failureOf(setup, image)).reason).to.equal(outcome);
      }
    });
  }

  it('[V3] [V11] [7.2.10] is MAN_DIGEST at once when a digest brings another valid manifest, by whatever algorithm', async () => {
    const { manifest, index } = registry.content;
    for (const pinned of [index.digest, digestOf(index.bytes, 'sha512')]) {
      registry.play(sending('/manifests/', manifest.bytes));
      const failure = await failureOf(setup, `${registry.authority}/team/fn@${pinned}`);
      expect(failure.reason).to.equal('MAN_DIGEST');
      expect(registry.targets).to.deep.equal([`GET /v2/team/fn/manifests/${pinned}`]);
    }
  });

  it('[V10] [V6] has the digest that was asked for, sha512 too', async () => {
    const { manifest } = registry.content;
    const pinned = digestOf(manifest.bytes, 'sha512');
    registry.play(sending('/manifests/sha512', manifest.bytes));
    const answer = await useService(setup, async (service) =>
      service.resolve(`${registry.authority}/team/fn@${pinned}`),
    );
    expect(answer.digest).to.equal(pinned);
  });

  it('[V8] is MAN_SIZE when an entry of an index has another size than the index says', async () => {
    const { manifest, index } = registry.content;
    const wrong = String(index.bytes).replace(
      `"size":${String(manifest.bytes.length)}`,
      `"size":${String(manifest.bytes.length - 1)}`,
    );
    registry.play(sending('/manifests/v1', wrong, { 'content-type': ociIndex }));
    expect((await failureOf(setup, image)).reason).to.equal('MAN_SIZE');
  });

  it('[V8] [CB7] is MAN_SIZE when the config has another size than the manifest says', async () => {
    const { config, manifest } = registry.content;
    for (const size of [config.bytes.length - 1, config.bytes.length + 1]) {
      const body = changed(manifest.bytes, { config: { mediaType: config.mediaType, digest: config.digest, size } });
      registry.play(sending('/manifests/v1', body));
      expect((await failureOf(setup, image)).reason).to.equal('MAN_SIZE');
    }
  });

  it('[CB6] is MAN_DIGEST when the config is another one', async () => {
    const { config } = registry.content;
    registry.play(sending('/blobs/', String(config.bytes).replace('/bin/fn', '/bin/fm')));
    expect((await failureOf(setup, image)).reason).to.equal('MAN_DIGEST');
  });

  const shapes: readonly (readonly [
    row: string,
    what: string,
    type: string,
    body: (manifest: Buffer, index: Buffer) => string,
  ])[] = [
    [
      'V9',
      'signed schema 1',
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      () => '{"schemaVersion":1,"fsLayers":[]}',
    ],
    ['MT4', 'an image that is sent as an index', ociIndex, (manifest) => String(manifest)],
    ['MT7', 'an image and an index at once', ociManifest, (manifest) => changed(manifest, { manifests: [] })],
    [
      'MT18',
      'a config of 2^53 + 1 bytes',
      ociManifest,
      (manifest) => String(manifest).replace(/"size":\d+/, '"size":9007199254740993'),
    ],
    ['MT19', 'two configs', ociManifest, (manifest) => `{"config":{},${String(manifest).slice(1)}`],
    ['MT19', 'two lists of manifests', ociIndex, (_manifest, index) => `{"manifests":[],${String(index).slice(1)}`],
    [
      'MT11',
      'a Helm chart',
      ociManifest,
      (manifest) => String(manifest).replace('vnd.oci.image.config.v1', 'vnd.cncf.helm.config.v1'),
    ],
    [
      '7.2.11',
      'a config digest that leaves its folder',
      ociManifest,
      (manifest) => String(manifest).replace(/sha256:[0-9a-f]{64}/, 'sha256:../../../etc'),
    ],
    [
      '7.2.11',
      'a config digest in upper case',
      ociManifest,
      (manifest) => String(manifest).replace('sha256:', 'SHA256:'),
    ],
    [
      '7.2.11',
      'a config digest of 63 digits',
      ociManifest,
      (manifest) => String(manifest).replace(/(sha256:[0-9a-f]{63})[0-9a-f]/, '$1'),
    ],
  ];
  for (const [row, what, type, body] of shapes) {
    it(`[${row}] is MAN_TYPE for ${what}, and nothing more is asked`, async () => {
      const { manifest, index } = registry.content;
      registry.play(sending('/manifests/v1', body(manifest.bytes, index.bytes), { 'content-type': type }));
      const failure = await failureOf(setup, image);
      expect(failure).to.include({ status: 'FAILED_PRECONDITION', reason: 'MAN_TYPE' });
      expect(registry.targets).to.deep.equal(['GET /v2/team/fn/manifests/v1']);
    });
  }

  it('[MT1] is read when its Content-Type has parameters', async () => {
    registry.play(
      sending('/manifests/v1', registry.content.manifest.bytes, { 'content-type': `${ociManifest}; charset=utf-8` }),
    );
    const answer = await useService(setup, async (service) => service.resolve(image));
    expect(answer.mediaType).to.equal(ociManifest);
  });

  it('[MT15] [7.2.12] is MAN_TYPE when indexes nest in each other without end, after at most five requests', async () => {
    let deepest = registry.content.index.bytes;
    const levels = new Map<string, Buffer>();
    for (let level = 0; level < 8; level += 1) {
      const digest = digestOf(deepest);
      levels.set(digest, deepest);
      const manifests = [{ mediaType: ociIndex, digest, size: deepest.length }];
      deepest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: ociIndex, manifests }));
    }
    registry.play((request, response) => {
      const bytes = request.target.endsWith('/v1') ? deepest : levels.get(request.target.split('/').at(-1) ?? '');
      if (bytes === undefined) return 'content';
      sendBlob(response, { mediaType: ociIndex, bytes, digest: digestOf(bytes) });
      return 'answered';
    });
    expect((await failureOf(setup, image)).reason).to.equal('MAN_TYPE');
    expect(registry.targets).to.have.lengthOf.at.most(5);
  });

  it('[SZ6] [7.2.8] is MAN_SIZE and cut off at 4 MiB when it comes in chunks without a length', async () => {
    const sent = { bytes: 0, closed: false };
    registry.play((request, response) => {
      if (!request.target.includes('/manifests/v1')) return 'content';
      response.writeHead(200, { 'content-type': ociManifest });
      response.on('close', () => {
        sent.closed = !response.writableFinished;
      });
      const more = (): void => {
        if (sent.bytes > 8 * maxBytes || response.destroyed) return;
        sent.bytes += 65_536;
        if (response.write(Buffer.alloc(65_536, ' '))) setImmediate(more);
        else response.once('drain', more);
      };
      more();
      return 'answered';
    });
    expect((await failureOf(setup, image)).reason).to.equal('MAN_SIZE');
    expect(sent.bytes).to.be.below(8 * maxBytes);
  });

  it('[SZ6] is read up to 4 MiB', async () => {
    const padded = Buffer.from(changed(registry.content.manifest.bytes, { x: '' }));
    const bytes = Buffer.from(String(padded).replace('"x":""', `"x":"${'x'.repeat(maxBytes - padded.length)}"`));
    registry.play(sending('/manifests/v1', bytes));
    expect(bytes).to.have.lengthOf(maxBytes);
    const answer = await useService(setup, async (service) => service.resolve(image));
    expect(answer.digest).to.equal(digestOf(bytes));
    registry.play(sending('/manifests/v1', Buffer.concat([bytes, Buffer.from(' ')])));
    expect((await failureOf(setup, image)).reason).to.equal('MAN_SIZE');
  });

  it('[SZ6] is MAN_SIZE when its config is said to be over 4 MiB, and that is not asked for', async () => {
    const { config, manifest } = registry.content;
    const body = changed(manifest.bytes, {
      config: { mediaType: config.mediaType, digest: config.digest, size: maxBytes + 1 },
    });
    registry.play(sending('/manifests/v1', body));
    expect((await failureOf(setup, image)).reason).to.equal('MAN_SIZE');
    expect(registry.targets).to.deep.equal(['GET /v2/team/fn/manifests/v1']);
  });

  it('[M10] is hashed as it is once decoded', async () => {
    const { manifest } = registry.content;
    registry.play(sending('/manifests/v1', gzipSync(manifest.bytes), { 'content-encoding': 'gzip' }));
    const answer = await useService(setup, async (service) => service.resolve(image));
    expect(answer.digest).to.equal(manifest.digest);
  });
});
