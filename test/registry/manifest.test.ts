import { expect } from 'chai';
import * as fc from 'fast-check';

import { RunnerError } from '../../src/core/errors.ts';
import { IndexWalk } from '../../src/registry/content/index-walk.ts';
import { parseManifest } from '../../src/registry/content/manifest.ts';
import type { Manifest } from '../../src/registry/content/manifest.ts';
import { simpleMediaType } from '../../src/registry/content/media-type.ts';

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';
const ociIndex = 'application/vnd.oci.image.index.v1+json';
const dockerManifest = 'application/vnd.docker.distribution.manifest.v2+json';
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json';
const configDigest = `sha256:${'c'.repeat(64)}`;
const layerDigest = `sha256:${'1'.repeat(64)}`;
const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: configDigest, size: 7 };
const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: layerDigest, size: 9 };
const image = { schemaVersion: 2, mediaType: ociManifest, config, layers: [layer] };
const entry = {
  mediaType: ociManifest,
  digest: layerDigest,
  size: 500,
  platform: { os: 'linux', architecture: 'amd64' },
};
const index = { schemaVersion: 2, mediaType: ociIndex, manifests: [entry] };

function parse(body: unknown, contentType?: string): Manifest {
  return parseManifest(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), contentType);
}

function without(body: object, ...names: readonly string[]): object {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}

describe('a manifest', () => {
  const accepted: readonly (readonly [
    row: string,
    what: string,
    body: unknown,
    type: string | undefined,
    mediaType: string,
  ])[] = [
    ['MT1', 'with parameters in its Content-Type', image, `${ociManifest}; charset=utf-8`, ociManifest],
    ['MT4', 'that is what it was sent as', index, ociIndex, ociIndex],
    ['MT5', 'without mediaType, by its Content-Type', without(image, 'mediaType'), ociManifest, ociManifest],
    ['MT5', 'without Content-Type, by its mediaType', image, undefined, ociManifest],
    ['MT5', 'without both, by its fields', without(image, 'mediaType'), undefined, ociManifest],
    ['MT5', 'without both, an index by its fields', without(index, 'mediaType'), undefined, ociIndex],
    ['M7', "of Docker's schema 2", { ...image, mediaType: dockerManifest }, dockerManifest, dockerManifest],
    ['M7', "of Docker's list", { ...index, mediaType: dockerList }, dockerList, dockerList],
    ['MT2', 'whose Content-Type is no media type, by its own', image, 'completely invalid', ociManifest],
  ];
  for (const [row, what, body, type, mediaType] of accepted) {
    it(`[${row}] is read ${what}`, () => {
      expect(parse(body, type).mediaType).to.equal(mediaType);
    });
  }

  const refused: readonly (readonly [row: string, what: string, body: unknown, type?: string])[] = [
    ['MT3', 'sent as application/json', image, 'application/json'],
    ['MT4', 'that says otherwise than its Content-Type', image, ociIndex],
    ['MT4', 'whose mediaType is no text', { ...image, mediaType: 7 }],
    ['MT6', 'sent as text/plain', image, 'text/plain'],
    ['MT7', 'with manifests as well as config and layers', { ...image, manifests: [] }],
    ['MT7', 'with config and layers beside manifests', { ...index, config, layers: [] }],
    ['MT7', 'with Manifests in other letters', { ...image, Manifests: [] }],
    ['MT8', 'with fsLayers', { ...image, fsLayers: [] }],
    ['MT9', 'of schema 1', { schemaVersion: 1 }, 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
    ['V9', 'of signed schema 1', { schemaVersion: 1 }, 'application/vnd.docker.distribution.manifest.v1+json'],
    ['MT10', 'of an artifact', { schemaVersion: 2 }, 'application/vnd.oci.artifact.manifest.v1+json'],
    [
      'MT11',
      'whose config is no image config',
      { ...image, config: { ...config, mediaType: 'application/vnd.cncf.helm.config.v1+json' } },
    ],
    [
      'MT12',
      'whose config is the empty one',
      { ...image, config: { ...config, mediaType: 'application/vnd.oci.empty.v1+json' } },
    ],
    ['MT16', 'of another schemaVersion', { ...image, schemaVersion: 1 }],
    ['MT16', 'without schemaVersion', without(image, 'schemaVersion')],
    ['MT18', 'with a size beyond 2^53', JSON.stringify(image).replace('"size":7', '"size":9007199254740993')],
    ['MT18', 'with a negative size', { ...image, config: { ...config, size: -1 } }],
    ['MT18', 'with a fractional size', { ...image, config: { ...config, size: 1.5 } }],
    ['MT18', 'with a size in quotes', { ...image, config: { ...config, size: '7' } }],
    ['MT19', 'with a key twice', `{"config":{},${JSON.stringify(image).slice(1)}`],
    ['MT19', 'with a key twice, once escaped', `{"conf\\u0069g":{},${JSON.stringify(image).slice(1)}`],
    ['MT19', 'with a key twice in different case', `{"CONFIG":{},${JSON.stringify(image).slice(1)}`],
    ['MT19', 'with manifests twice', `{"manifests":[],${JSON.stringify(index).slice(1)}`],
    [
      'CB9',
      'whose config digest leaves its folder',
      { ...image, config: { ...config, digest: 'sha256:../../../etc' } },
    ],
    [
      '7.2.11',
      'whose config digest is in upper case',
      { ...image, config: { ...config, digest: configDigest.toUpperCase() } },
    ],
    [
      '7.2.11',
      'whose config digest has 63 digits',
      { ...image, config: { ...config, digest: configDigest.slice(0, -1) } },
    ],
  ];
  for (const [row, what, body, type] of refused) {
    it(`[${row}] is refused ${what}`, () => {
      expect(() => parse(body, type))
        .to.throw(RunnerError)
        .with.property('code', 'MAN_TYPE');
    });
  }

  it('gives descriptors of config and layers', () => {
    const manifest = parse(image);
    expect(manifest).to.have.nested.property('config.digest.text', configDigest);
    expect(manifest).to.have.nested.property('layers[0].size', 9);
  });

  it('[CB8] [MT17] has no use for urls and data in a descriptor', () => {
    const manifest = parse({ ...image, config: { ...config, urls: ['https://elsewhere.example/'], data: 'e30=' } });
    expect(manifest.kind === 'image' ? Object.keys(manifest.config) : []).to.have.members([
      'mediaType',
      'digest',
      'size',
    ]);
  });

  it('[MT13] [MT14] leaves out index entries of unknown types, keeps indexes', () => {
    const nested = { ...entry, mediaType: ociIndex };
    const unknown = { mediaType: 'application/vnd.example+json', digest: 'blake9:zz', size: 'big' };
    const manifest = parse({ ...index, manifests: [unknown, nested, entry] });
    expect(manifest.kind === 'index' ? manifest.entries.map((each) => each.mediaType) : []).to.deep.equal([
      ociIndex,
      ociManifest,
    ]);
  });

  it('takes an odd platform of an entry for none', () => {
    for (const platform of [undefined, null, 'linux/amd64', {}, { os: 'linux' }, { os: 1, architecture: 2 }]) {
      const manifest = parse({ ...index, manifests: [{ ...entry, platform }] });
      expect(manifest).to.have.nested.property('entries[0].platform', undefined);
    }
  });

  it('is either read or refused with MAN_TYPE, whatever it holds', () => {
    const field = fc.constantFrom('schemaVersion', 'mediaType', 'config', 'layers', 'manifests', 'fsLayers', 'x');
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(2, ociManifest, ociIndex, config, [layer], [entry], [null]));
    const text = fc.oneof(
      fc.string(),
      fc.dictionary(field, value).map((body) => JSON.stringify(body)),
      fc.string({ unit: fc.constantFrom('{', '}', '"', ':', ',', '[', ']', '\\', 'a', '1') }),
    );
    fc.assert(
      fc.property(text, fc.constantFrom(undefined, ociManifest, ociIndex, dockerList), (body, type) => {
        try {
          expect(parse(body, type).kind).to.be.oneOf(['image', 'index']);
        } catch (thrown) {
          expect(thrown).to.be.instanceOf(RunnerError).with.property('code', 'MAN_TYPE');
        }
      }),
      { seed: 20_260_822, numRuns: 3000 },
    );
  });
});

describe('a Content-Type', () => {
  const cases: readonly (readonly [header: string, type: string])[] = [
    ['', ''],
    ['application/json', 'application/json'],
    ['application/json ; charset=utf-8', 'application/json'],
    ['application/json\t;\tcharset=utf-8', 'application/json'],
    ['completely invalid', ''],
  ];
  for (const [header, type] of cases) {
    it(`[MT2] is "${type}" when the header is ${JSON.stringify(header)}`, () => {
      expect(simpleMediaType(header)).to.equal(type);
    });
  }
});

function digest(n: number): { text: string } {
  return { text: `sha256:${String(n).padStart(64, '0')}` };
}

describe('the way through nested indexes', () => {
  it('[MT15] may lie four deep, and not five', () => {
    const walk = new IndexWalk();
    for (let depth = 0; depth <= 4; depth += 1) walk.enter(digest(depth), depth);
    expect(() => {
      walk.enter(digest(5), 5);
    })
      .to.throw(RunnerError)
      .with.property('code', 'MAN_TYPE');
  });

  it('[MT15] may lead to sixteen manifests, and not seventeen', () => {
    const walk = new IndexWalk();
    for (let n = 0; n < 16; n += 1) walk.enter(digest(n), 1);
    expect(() => {
      walk.enter(digest(16), 1);
    })
      .to.throw(RunnerError)
      .with.property('code', 'MAN_TYPE');
  });

  it('[MT15] [7.2.12] must not lead back to where it came from', () => {
    const walk = new IndexWalk();
    walk.enter(digest(1), 0);
    expect(() => {
      walk.enter(digest(1), 1);
    })
      .to.throw(RunnerError)
      .with.property('code', 'MAN_TYPE');
  });
});
