import type { Blob } from '../../examples/registry/image.ts';
import { RunnerError } from '../../src/core/errors.ts';
import type { Digest } from '../../src/image/digest.ts';
import type { Descriptor } from '../../src/registry/content/descriptor.ts';
import type { SignatureHost } from '../../src/signatures/signed-claims.ts';
import { manifestOf, referrersOf, type SignedBlob } from './made-signatures.ts';

/** A host's content in memory. Counts what it is asked. */
export class MemoryHost implements SignatureHost {
  /** `manifest <tag or digest>`, `referrers`, `blob <digest>`, in order. */
  readonly requests: string[] = [];
  /** When set, requests for the referrers fail with it. */
  failure: RunnerError | undefined;
  readonly #manifests = new Map<string, Blob>();
  readonly #blobs = new Map<string, Blob>();
  readonly #referrers: (readonly [Blob, string | undefined])[] = [];

  /** Puts them under cosign's tag of an image, in place of what is there. */
  tag(digest: string, signed: readonly SignedBlob[], manifest: Blob = manifestOf(signed)): void {
    this.#keep(signed);
    this.#manifests.set(`${digest.replace(':', '-')}.sig`, manifest);
  }

  /** Puts them into one manifest that refers to the image. */
  refer(signed: readonly SignedBlob[], artifactType: string | undefined, manifest: Blob = manifestOf(signed)): void {
    this.#keep(signed);
    this.#manifests.set(manifest.digest, manifest);
    this.#referrers.push([manifest, artifactType]);
  }

  async manifest(target: string | Descriptor): Promise<Buffer | undefined> {
    const name = typeof target === 'string' ? target : target.digest.text;
    this.requests.push(`manifest ${name}`);
    return Promise.resolve(this.#manifests.get(name)?.bytes);
  }

  async referrers(_digest: Digest): Promise<readonly Buffer[]> {
    this.requests.push('referrers');
    if (this.failure !== undefined) throw this.failure;
    return Promise.resolve(this.#referrers.length === 0 ? [] : [referrersOf(this.#referrers).bytes]);
  }

  async blob({ digest }: Descriptor): Promise<Buffer> {
    this.requests.push(`blob ${digest.text}`);
    const blob = this.#blobs.get(digest.text);
    if (blob === undefined) throw new RunnerError('BLOB_UNKNOWN', `${digest.text} is missing`);
    return Promise.resolve(blob.bytes);
  }

  #keep(signed: readonly SignedBlob[]): void {
    for (const { blob } of signed) this.#blobs.set(blob.digest, blob);
  }
}
