import type { ImageContent, SizedContent } from './image-content.ts';

/** What is known of images, by digest; the least recently used go first when it grows past its bound. */
export class ContentCache {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, SizedContent>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(digest: string): ImageContent | undefined {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    this.#entries.delete(digest);
    this.#entries.set(digest, entry);
    return entry.content;
  }

  set(entry: SizedContent): void {
    this.#delete(entry.content.digest);
    this.#entries.set(entry.content.digest, entry);
    this.#bytes += entry.bytes;
    for (const digest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#delete(digest);
    }
  }

  #delete(digest: string): void {
    this.#bytes -= this.#entries.get(digest)?.bytes ?? 0;
    this.#entries.delete(digest);
  }
}
