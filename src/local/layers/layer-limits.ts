/** What the layers of one image may ask of this machine (registry-behaviour S20, S22). */
export interface LayerLimits {
  readonly maxLayers: number;
  /** Sum of all layers, unpacked. */
  readonly maxBytes: number;
  /** Files, folders and links of all layers together. */
  readonly maxEntries: number;
  /** Unpacked over compressed size of a layer, once it is past `ratioFreeBytes`. */
  readonly maxRatio: number;
  readonly ratioFreeBytes: number;
  readonly maxPathBytes: number;
  readonly maxPathDepth: number;
}

export const defaultLayerLimits: LayerLimits = {
  maxLayers: 256,
  maxBytes: 8 * 1024 ** 3,
  maxEntries: 1_000_000,
  maxRatio: 200,
  ratioFreeBytes: 64 * 1024 ** 2,
  maxPathBytes: 2048,
  maxPathDepth: 128,
};
