import { RunnerError } from '../../core/errors.ts';
import type { Digest } from '../../image/digest.ts';

const maxDepth = 4;
const maxManifests = 16;

/** Bounds the way from an index through the indexes in it to a manifest (MT15); one per resolution. */
export class IndexWalk {
  readonly #entered = new Set<string>();

  /**
   * To be called before each fetch, with how many indexes lie above: 0 for what the reference names. Throws `MAN_TYPE`
   * where indexes nest more than 4 deep, come back to themselves, or make for more than 16 manifests.
   */
  enter(digest: Pick<Digest, 'text'>, depth: number): void {
    if (this.#entered.has(digest.text)) throw endless(`leads back to ${digest.text}`);
    if (depth > maxDepth) throw endless(`nests more than ${String(maxDepth)} deep`);
    if (this.#entered.size >= maxManifests) throw endless(`leads to more than ${String(maxManifests)} manifests`);
    this.#entered.add(digest.text);
  }
}

function endless(reason: string): RunnerError {
  return new RunnerError('MAN_TYPE', `the image's index ${reason}`, {
    hint: 'Push the image again with a plain index.',
  });
}
