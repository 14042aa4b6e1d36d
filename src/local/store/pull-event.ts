/** Told while an image is pulled, for a progress line. */
export type PullEvent =
  /** `bytes` is the size of all compressed layers. Comes again when a broken connection makes the pull start over. */
  | { readonly kind: 'started'; readonly image: string; readonly layers: number; readonly bytes: number }
  /** `bytes` more of the compressed layers have arrived. */
  | { readonly kind: 'received'; readonly image: string; readonly bytes: number }
  /** The layer with this index, from the bottom, is unpacked. */
  | { readonly kind: 'layer-done'; readonly image: string; readonly index: number }
  | { readonly kind: 'finished'; readonly image: string }
  | { readonly kind: 'failed'; readonly image: string };
