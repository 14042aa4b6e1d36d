import type { Readable } from 'node:stream';

import type { Digest } from '../../image/digest.ts';
import type { Descriptor } from '../../registry/content/descriptor.ts';

/** What the store needs to know of an image; a `Resolution` is one. */
export interface ImageContent {
  readonly image: string;
  /** Digest of the platform's manifest, `sha256:…`: the name under which the root file system is kept. */
  readonly platformDigest: string;
  /** From the bottom up. */
  readonly layers: readonly Descriptor[];
  /** Digests of the layers' tar streams, in the same order. */
  readonly diffIds: readonly Digest[];
  /** Absolute; made when the image does not have it. */
  readonly workingDir: string;
}

/** Where layers come from; a `RegistrySession` is one. The stream fails when size or digest are not the descriptor's. */
export interface LayerSource {
  streamBlob(descriptor: Descriptor, signal: AbortSignal): Promise<Readable>;
  /** Told that the last layer could not be unpacked; true when it will come from somewhere else next time. */
  distrust?(): boolean;
}
