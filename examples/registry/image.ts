import { digestOfBytes } from './digest.ts';
import { buildLayer, type Compression, type Layer, type LayerEntry } from './layer.ts';

/** Whose media types to use: image-spec 1.1 or Docker's image manifest version 2, schema 2. */
export type ImageFormat = 'oci' | 'docker';

interface ImagePlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

export interface ImageOptions {
  /** Layers from the bottom up. */
  readonly layers?: readonly Layer[];
  /** Packed as one more layer, on top. */
  readonly files?: readonly LayerEntry[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** `NAME=value` */
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
  /** Default: linux on this machine's architecture. */
  readonly platform?: ImagePlatform;
  readonly format?: ImageFormat;
}

/** Bytes with their digest and type. */
export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

export interface Image {
  readonly platform: ImagePlatform;
  readonly manifest: Blob;
  /** The config first, then the layers. */
  readonly blobs: readonly Blob[];
}

export interface ImageIndex {
  readonly manifest: Blob;
  readonly images: readonly Image[];
}

const layerTypes: Readonly<Record<ImageFormat, Readonly<Record<Compression, string>>>> = {
  oci: {
    gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
    zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
    none: 'application/vnd.oci.image.layer.v1.tar',
  },
  docker: {
    gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    zstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
    none: 'application/vnd.docker.image.rootfs.diff.tar',
  },
};
const mediaTypes: Readonly<Record<ImageFormat, { config: string; manifest: string; index: string }>> = {
  oci: {
    config: 'application/vnd.oci.image.config.v1+json',
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
  },
  docker: {
    config: 'application/vnd.docker.container.image.v1+json',
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
  },
};
const goArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/** Makes an image in memory: layers, config and manifest. */
export async function buildImage(options: ImageOptions): Promise<Image> {
  const { format = 'oci', files = [] } = options;
  const layers = [...(options.layers ?? []), ...(files.length === 0 ? [] : [await buildLayer(files)])];
  const platform = options.platform ?? { os: 'linux', architecture: goArchitectures[process.arch] ?? process.arch };
  const config = jsonBlob(mediaTypes[format].config, configOf(options, platform, layers));
  const layerBlobs = layers.map(({ bytes, digest, compression }) => {
    return { mediaType: layerTypes[format][compression], digest, bytes };
  });
  const manifest = jsonBlob(mediaTypes[format].manifest, {
    schemaVersion: 2,
    mediaType: mediaTypes[format].manifest,
    config: descriptor(config),
    layers: layerBlobs.map(descriptor),
  });
  return { platform, manifest, blobs: [config, ...layerBlobs] };
}

/** An index (or manifest list) of images of several platforms, in this order. */
export function buildIndex(images: readonly Image[], format: ImageFormat = 'oci'): ImageIndex {
  const manifests = images.map(({ manifest, platform }) => ({ ...descriptor(manifest), platform }));
  const mediaType = mediaTypes[format].index;
  return { manifest: jsonBlob(mediaType, { schemaVersion: 2, mediaType, manifests }), images };
}

function configOf(options: ImageOptions, platform: ImagePlatform, layers: readonly Layer[]): unknown {
  return {
    ...platform,
    config: {
      Entrypoint: options.entrypoint,
      Cmd: options.cmd,
      Env: options.env,
      User: options.user,
      WorkingDir: options.workingDir,
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
  };
}

function jsonBlob(mediaType: string, value: unknown): Blob {
  const bytes = Buffer.from(JSON.stringify(value));
  return { mediaType, digest: digestOfBytes(bytes), bytes };
}

function descriptor({ mediaType, digest, bytes }: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest, size: bytes.length };
}
