import { layerLimit } from './layer-error.ts';
import type { LayerLimits } from './layer-limits.ts';

/** Counts what the layers of one image have asked for so far and refuses what goes past the limits. */
export class LayerBudget {
  readonly limits: LayerLimits;
  #bytes = 0;
  #entries = 0;
  #layerPackedBytes = 0;
  #layerBytes = 0;

  constructor(limits: LayerLimits) {
    this.limits = limits;
  }

  /** Begins the next layer; the ratio is one of each layer. */
  startLayer(): void {
    this.#layerPackedBytes = 0;
    this.#layerBytes = 0;
  }

  /** Bytes as they came from the registry. */
  addPacked(bytes: number): void {
    this.#layerPackedBytes += bytes;
  }

  /** @throws RunnerError `LAYER_LIMIT` */
  addUnpacked(bytes: number): void {
    const { maxBytes, maxRatio, ratioFreeBytes } = this.limits;
    this.#bytes += bytes;
    this.#layerBytes += bytes;
    if (this.#bytes > maxBytes) throw layerLimit(`unpacked it is larger than ${String(maxBytes)} bytes`);
    if (this.#layerBytes > ratioFreeBytes && this.#layerBytes > this.#layerPackedBytes * maxRatio) {
      throw layerLimit(`a layer unpacks to more than ${String(maxRatio)} times its size`);
    }
  }

  /** @throws RunnerError `LAYER_LIMIT` */
  addEntry(): void {
    const { maxEntries } = this.limits;
    this.#entries += 1;
    if (this.#entries > maxEntries) throw layerLimit(`it has more than ${String(maxEntries)} entries`);
  }
}
