import { rename, rm } from 'node:fs/promises';

import type { Counters } from '../../core/counters.ts';
import type { Log } from '../../core/log.ts';
import type { ImageContent, LayerSource } from './image-content.ts';
import { toLayerError } from '../layers/layer-error.ts';
import type { LayerLimits } from '../layers/layer-limits.ts';
import { pullImage } from './pull.ts';
import type { PullEvent } from './pull-event.ts';
import type { StoredImage } from './stored-image.ts';

export interface ImagePullerOptions {
  readonly limits: LayerLimits;
  readonly onProgress: (event: PullEvent) => void;
  readonly log: Log;
  readonly counters: Counters;
}

/** Where one pull puts the image, and when it has to stop. */
export interface PullTarget {
  /** A new empty folder to work in. */
  workFolder(): Promise<string>;
  /** Where the image appears, in one step, when it is whole. */
  readonly folder: string;
  /** Names the boot of this machine. */
  readonly boot: string;
  readonly signal: AbortSignal;
}

/** Connections that break in the middle of a layer; whatever could be repeated at less cost has been. */
const worthAnotherTry: readonly string[] = ['UNREACHABLE', 'REGISTRY_UNAVAILABLE'];

/** Pulls images into folders of the store, or leaves nothing. */
export class ImagePuller {
  readonly #options: ImagePullerOptions;

  constructor(options: ImagePullerOptions) {
    this.#options = options;
  }

  /** Starts over once when a connection breaks, or a mirror's layer is of no use. @throws RunnerError as `pullImage` */
  async pull(content: ImageContent, source: LayerSource, target: PullTarget): Promise<StoredImage> {
    const { onProgress, log } = this.#options;
    const { image, platformDigest: digest } = content;
    try {
      const stored = await this.#try(content, source, target).catch(async (error: unknown) => {
        const failure = toLayerError(error);
        const isMirrorsFault = failure.code.startsWith('LAYER_') && source.distrust?.() === true;
        if (!worthAnotherTry.includes(failure.code) && !isMirrorsFault) throw failure;
        log.warn('pull starts over', { image, error: failure.message });
        return await this.#try(content, source, target);
      });
      onProgress({ kind: 'finished', image });
      log.info('image unpacked', { image, digest, bytes: stored.bytes });
      return stored;
    } catch (error) {
      onProgress({ kind: 'failed', image });
      throw toLayerError(error);
    }
  }

  async #try(content: ImageContent, source: LayerSource, target: PullTarget): Promise<StoredImage> {
    const folder = await target.workFolder();
    try {
      const stored = await pullImage(content, source, folder, { ...this.#options, ...target });
      await rename(folder, target.folder);
      return stored;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }
}
