import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';

import { RunnerError } from '../../core/errors.ts';
import { digestOf } from '../../image/digest.ts';
import type { Descriptor } from './descriptor.ts';

/** Holds bytes against their descriptor, the size first as the specification has it. Throws `MAN_SIZE`, `MAN_DIGEST`. */
export function checkContent(descriptor: Descriptor, bytes: Uint8Array): void {
  if (bytes.length !== descriptor.size) throw wrongSize(descriptor, bytes.length);
  const actual = digestOf(bytes, descriptor.digest.algorithm).text;
  if (actual !== descriptor.digest.text) throw wrongDigest(descriptor.digest.text, actual);
}

/**
 * Passes bytes on, and fails with `MAN_SIZE` or `MAN_DIGEST` instead of ending where they are not what was asked for.
 * `explain` has the last word on every failure, those of the source included.
 */
export class ContentCheck extends Transform {
  readonly #descriptor: Descriptor;
  readonly #explain: (failure: Error) => Error;
  readonly #hash: ReturnType<typeof createHash>;
  #bytes = 0;

  constructor(descriptor: Descriptor, explain: (failure: Error) => Error) {
    super();
    this.#descriptor = descriptor;
    this.#explain = explain;
    this.#hash = createHash(descriptor.digest.algorithm);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#descriptor.size) {
      done(wrongSize(this.#descriptor, this.#bytes));
      return;
    }
    this.#hash.update(chunk);
    done(null, chunk);
  }

  override _flush(done: TransformCallback): void {
    const { digest, size } = this.#descriptor;
    const actual = `${digest.algorithm}:${this.#hash.digest('hex')}`;
    if (this.#bytes !== size) done(wrongSize(this.#descriptor, this.#bytes));
    else done(actual === digest.text ? null : wrongDigest(digest.text, actual));
  }

  override _destroy(failure: Error | null, done: (failure: Error | null) => void): void {
    done(failure === null ? null : this.#explain(failure));
  }
}

export function wrongSize({ digest, size }: Descriptor, actual: number): RunnerError {
  const message = `${digest.text} should have ${String(size)} bytes, and ${String(actual)} came`;
  return new RunnerError('MAN_SIZE', message, { hint });
}

export function wrongDigest(wanted: string, actual: string): RunnerError {
  return new RunnerError('MAN_DIGEST', `what the registry sent for ${wanted} hashes to ${actual}`, { hint });
}

/** By tag: what the registry says of its answer, in the header, is not true of the body. */
export function wrongClaim(claimed: string, actual: string): RunnerError {
  const message = `the registry's answer disagrees with itself: its Docker-Content-Digest header says ${claimed}, and its body hashes to ${actual}`;
  return new RunnerError('MAN_DIGEST', message, { hint });
}

const hint = 'Push the image again; if that does not help, look for a broken proxy or mirror before the registry.';
