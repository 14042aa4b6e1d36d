import type { Reference } from '../../image/reference.ts';
import type { CacheKeyType, ProviderAnswer } from './provider-answer.ts';

export type ProvidedImage = Pick<Reference, 'domain' | 'path'>;

/** What one run of a provider gave. */
export interface Given {
  /** For which images it counts: see {@link scopeOf}. */
  readonly scope: string;
  readonly answer: ProviderAnswer;
  /** When it ends, in milliseconds since the epoch; undefined for what counts for one question only. */
  readonly endsAtMs: number | undefined;
}

/** The image as the kubelet shows it to providers: without tag and digest. */
export function imageText({ domain, path }: ProvidedImage): string {
  return `${domain}/${path}`;
}

/** The kubelet's cache keys: all images, those of one host and port, or this one whatever its tag. */
export function scopeOf(type: CacheKeyType, image: ProvidedImage): string {
  switch (type) {
    case 'Image':
      return `Image ${imageText(image)}`;
    case 'Registry':
      return `Registry ${image.domain}`;
    case 'Global':
      return 'Global';
  }
}

/** In the order in which the kubelet looks into its cache. */
export function scopesOf(image: ProvidedImage): readonly string[] {
  const types = ['Image', 'Registry', 'Global'] as const;
  return types.map((type) => scopeOf(type, image));
}
