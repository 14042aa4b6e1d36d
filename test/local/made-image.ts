import { Readable } from 'node:stream';

import { buildLayer, type Layer, type LayerEntry } from '../../examples/registry/layer.ts';
import { digestOf, parseDigest } from '../../src/image/digest.ts';
import type { ImageContent, LayerSource } from '../../src/local/store/image-content.ts';
import type { Descriptor } from '../../src/registry/content/descriptor.ts';

/** An image that only the store knows, with a source that counts and can be told to fail or to wait. */
export class MadeImage implements LayerSource {
  readonly content: ImageContent;
  readonly #blobs: ReadonlyMap<string, Buffer>;
  /** How many times a layer was asked for. */
  pulls = 0;
  /** What the next pulls fail with in the middle of a layer, one each. */
  readonly failures: Error[] = [];
  /** Layers are held back until it resolves. */
  gate: Promise<void> = Promise.resolve();

  constructor(layers: readonly Layer[], image = 'registry.test/fn:v1', workingDir = '/') {
    const descriptors = layers.map(descriptorOf);
    this.#blobs = new Map(layers.map((layer) => [layer.digest, layer.bytes]));
    this.content = {
      image,
      platformDigest: digestOf(Buffer.from(`${image} ${layers.map((layer) => layer.digest).join(' ')}`)).text,
      layers: descriptors,
      diffIds: layers.map((layer) => parseDigest(layer.diffId)),
      workingDir,
    };
  }

  static async of(files: readonly LayerEntry[], image?: string): Promise<MadeImage> {
    return new MadeImage([await buildLayer(files)], image);
  }

  static ofTar(tar: Buffer): MadeImage {
    const digest = digestOf(tar).text;
    return new MadeImage([{ compression: 'none', bytes: tar, digest, diffId: digest }]);
  }

  readonly open = async (): Promise<LayerSource> => await Promise.resolve(this);

  async streamBlob(descriptor: Descriptor, signal: AbortSignal): Promise<Readable> {
    this.pulls += 1;
    await Promise.race([this.gate, aborted(signal)]);
    const bytes = this.#blobs.get(descriptor.digest.text);
    if (bytes === undefined) throw new Error(`no blob ${descriptor.digest.text}`);
    const failure = this.failures.shift();
    return Readable.from(failure === undefined ? [bytes] : breaking(bytes, failure));
  }
}

function descriptorOf(layer: Layer): Descriptor {
  const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
  return { mediaType, digest: parseDigest(layer.digest), size: layer.bytes.length };
}

async function* breaking(bytes: Buffer, failure: Error): AsyncGenerator<Buffer, void> {
  yield bytes.subarray(0, bytes.length / 2);
  await Promise.resolve();
  throw failure;
}

async function aborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    });
  });
}
