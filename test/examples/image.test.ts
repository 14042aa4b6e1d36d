import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect } from 'chai';
import { extract } from 'tar-stream';
import { digestOfBytes } from '../../examples/registry/digest.ts';
import { buildImage, buildIndex } from '../../examples/registry/image.ts';
import { buildLayer, type LayerEntry } from '../../examples/registry/layer.ts';
import { tempFolder } from '../support/temp-folder.ts';

const entries: readonly LayerEntry[] = [
  { kind: 'directory', path: 'bin/' },
  { kind: 'file', path: 'bin/tool', content: 'text', mode: 0o755 },
  { kind: 'symlink', path: 'bin/link', target: 'tool' },
  { kind: 'hardlink', path: 'bin/same', target: 'bin/tool' },
];

async function entriesIn(tar: Buffer): Promise<readonly string[]> {
  const archive = extract();
  archive.end(tar);
  const found: string[] = [];
  for await (const entry of archive) {
    const { name, type, mode, linkname } = entry.header;
    found.push(`${name} ${type} ${mode.toString(8)} ${linkname ?? ''}${await text(entry)}`.trim());
  }
  return found;
}

const tarOf = { gzip: gunzipSync, zstd: zstdDecompressSync, none: (bytes: Buffer) => bytes } as const;

describe('layers made in TypeScript', () => {
  for (const compression of ['gzip', 'zstd', 'none'] as const) {
    it(`hold the entries they were made of (${compression})`, async () => {
      const layer = await buildLayer(entries, compression);
      const tar = tarOf[compression](layer.bytes);
      expect(await entriesIn(tar)).to.deep.equal([
        'bin/ directory 755',
        'bin/tool file 755 text',
        'bin/link symlink 644 tool',
        'bin/same link 644 bin/tool',
      ]);
      expect(layer.digest).to.equal(digestOfBytes(layer.bytes));
      expect(layer.diffId).to.equal(digestOfBytes(tar));
    });
  }

  it('are the same bytes each time', async () => {
    expect((await buildLayer(entries)).digest).to.equal((await buildLayer(entries)).digest);
  });

  it('copy files of the machine, however long', async () => {
    const folder = await tempFolder('layer');
    try {
      await mkdir(join(folder.path, 'deep'));
      const source = join(folder.path, 'deep', 'file');
      await writeFile(source, 'x'.repeat(1_000_000));
      const layer = await buildLayer([{ kind: 'copy', path: 'copy', source, mode: 0o555 }], 'none');
      expect(await entriesIn(layer.bytes)).to.deep.equal([`copy file 555 ${'x'.repeat(1_000_000)}`]);
    } finally {
      await folder.remove();
    }
  });
});

describe('images made in TypeScript', () => {
  it('say what to run in a config that the manifest names by digest and size', async () => {
    const image = await buildImage({ files: entries, entrypoint: ['/bin/tool'], env: ['A=1'], user: '65532' });
    const [config, layer] = image.blobs;
    const manifest: unknown = JSON.parse(image.manifest.bytes.toString());
    expect(manifest).to.deep.include({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json' });
    expect(manifest).to.have.nested.property('config.digest', digestOfBytes(config?.bytes ?? Buffer.of()));
    expect(manifest).to.have.nested.property('layers[0].digest', layer?.digest);
    expect(manifest).to.have.nested.property('layers[0].size', layer?.bytes.length);
    const parsed: unknown = JSON.parse(config?.bytes.toString() ?? '');
    expect(parsed).to.have.nested.property('config.Entrypoint[0]', '/bin/tool');
    expect(parsed).to.have.nested.property('os', 'linux');
    expect(parsed).to.have.nested.property('rootfs.diff_ids[0]', (await buildLayer(entries)).diffId);
  });

  it('list their platforms in an index, in order', async () => {
    const platforms = [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm', variant: 'v7' },
    ];
    const index = buildIndex(await Promise.all(platforms.map(async (platform) => buildImage({ platform }))), 'docker');
    expect(index.manifest.mediaType).to.equal('application/vnd.docker.distribution.manifest.list.v2+json');
    const list: unknown = JSON.parse(index.manifest.bytes.toString());
    for (const [at, platform] of platforms.entries()) {
      expect(list).to.have.nested.property(`manifests[${String(at)}].digest`, index.images[at]?.manifest.digest);
      expect(list).to.have.nested.property(`manifests[${String(at)}].platform.architecture`, platform.architecture);
    }
  });
});
