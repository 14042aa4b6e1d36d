import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Bytes of blobs and of uploads under way, as files in one folder. */
export class BlobFiles {
  readonly #folder: string;
  /** Upload id to the repository it was opened in. */
  readonly #uploads = new Map<string, string>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async in(folder: string): Promise<BlobFiles> {
    await mkdir(join(folder, 'uploads'), { recursive: true });
    await mkdir(join(folder, 'blobs'), { recursive: true });
    return new BlobFiles(folder);
  }

  async startUpload(repository: string): Promise<string> {
    const id = randomUUID();
    this.#uploads.set(id, repository);
    await pipeline([], createWriteStream(this.#uploadPath(id)));
    return id;
  }

  /** Whether this upload is under way in this repository. */
  hasUpload(repository: string, id: string): boolean {
    return this.#uploads.get(id) === repository;
  }

  async uploadedBytes(id: string): Promise<number> {
    return (await stat(this.#uploadPath(id))).size;
  }

  async append(id: string, bytes: Readable): Promise<void> {
    await pipeline(bytes, createWriteStream(this.#uploadPath(id), { flags: 'a' }));
  }

  /** Makes the upload a blob if its bytes have this digest. The upload is over either way. */
  async finish(id: string, digest: string): Promise<boolean> {
    const hash = createHash(digest.slice(0, digest.indexOf(':')));
    await pipeline(createReadStream(this.#uploadPath(id)), hash);
    const same = digest.endsWith(`:${hash.digest('hex')}`);
    if (same) await rename(this.#uploadPath(id), this.#blobPath(digest));
    await this.cancel(id);
    return same;
  }

  async cancel(id: string): Promise<void> {
    this.#uploads.delete(id);
    await rm(this.#uploadPath(id), { force: true });
  }

  /** Size in bytes. */
  async size(digest: string): Promise<number> {
    return (await stat(this.#blobPath(digest))).size;
  }

  /** Both ends included. */
  read(digest: string, start: number, end: number): Readable {
    return createReadStream(this.#blobPath(digest), { start, end });
  }

  #uploadPath(id: string): string {
    return join(this.#folder, 'uploads', id);
  }

  #blobPath(digest: string): string {
    return join(this.#folder, 'blobs', digest.replace(':', '-'));
  }
}
