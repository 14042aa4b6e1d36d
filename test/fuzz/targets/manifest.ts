import { parseManifest } from '../../../src/registry/content/manifest.ts';
import { texts, type Target } from '../target.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const oci = 'application/vnd.oci.image';
const docker = 'application/vnd.docker';
const config = { mediaType: `${oci}.config.v1+json`, digest, size: 7023 };
const layers = [{ mediaType: `${oci}.layer.v1.tar+gzip`, digest, size: 32_654 }];
const image = { schemaVersion: 2, mediaType: `${oci}.manifest.v1+json`, config, layers, annotations: { a: 'b' } };
const entry = {
  mediaType: `${oci}.manifest.v1+json`,
  digest,
  size: 7143,
  platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
};
const index = {
  schemaVersion: 2,
  mediaType: `${oci}.index.v1+json`,
  manifests: [entry, { ...entry, platform: undefined }],
};

export const manifest: Target = {
  name: 'manifest',
  isJson: true,
  codes: ['MAN_TYPE', 'MAN_SIZE', 'MAN_DIGEST'],
  corpus: texts(
    JSON.stringify(image),
    JSON.stringify(index),
    JSON.stringify({
      ...image,
      mediaType: `${docker}.distribution.manifest.v2+json`,
      config: { ...config, mediaType: `${docker}.container.image.v1+json` },
    }),
    JSON.stringify({ ...index, mediaType: `${docker}.distribution.manifest.list.v2+json` }),
  ),
  tokens: texts(
    '"schemaVersion":2',
    '"manifests":[',
    '"config":{',
    '"layers":[',
    '"fsLayers"',
    digest,
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\u0061',
    '1e3',
    ' ',
  ),
  maxBytes: 65_536,
  parse: (input) => {
    for (const contentType of [undefined, `${oci}.manifest.v1+json`, `${oci}.index.v1+json; charset=utf-8`]) {
      try {
        parseManifest(input, contentType);
        return;
      } catch (error) {
        if (contentType?.includes('charset') === true) throw error;
      }
    }
  },
};
