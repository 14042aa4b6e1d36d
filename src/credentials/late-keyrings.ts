import type { FoundKeyrings, ImageName, KeyringSource } from './credential-source.ts';

/** Keyrings of a source that comes with the runtime, which is made after what looks images up; none until then. */
export class LateKeyrings implements KeyringSource {
  #source: KeyringSource | undefined;

  connect(source: KeyringSource): void {
    this.#source = source;
  }

  async keyringsFor(image: ImageName, signal: AbortSignal | undefined): Promise<FoundKeyrings> {
    return (await this.#source?.keyringsFor(image, signal)) ?? { keyrings: [], missing: [] };
  }
}
