import { constants } from 'node:fs';
import { link, mkdir, open, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { extract, type Extract as TarReader } from 'tar-stream';

import type { Digest } from '../../image/digest.ts';
import type { LayerBudget } from './layer-budget.ts';
import { type LayerEntry, toLayerEntry } from './layer-entry.ts';
import { toLayerError } from './layer-error.ts';
import { decodeLayer } from './layer.ts';
import { type Placement, RootTree } from './root-tree.ts';

/**
 * Only the owner's bits count at run time: every file belongs to whoever runs the sandbox. So there are two kinds of
 * files, and whatever the image says, the function can read them and the store can remove them.
 */
const modes = { directory: 0o755, executable: 0o755, file: 0o644 } as const;
/** Tar files of the time before POSIX are tar files too. */
const tarOptions = { highWaterMark: 256 * 1024, allowUnknownFormat: true };
const createNew = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Writes layers, lowest first, into a folder that is empty and nobody else's. Where an entry goes is decided by the
 * `RootTree`; since only this writes to the folder, the tree and the disk agree, and no path ever leads outside.
 */
export class RootWriter {
  readonly #root: string;
  readonly #budget: LayerBudget;
  readonly #tree: RootTree;

  constructor(root: string, budget: LayerBudget) {
    this.#root = root;
    this.#budget = budget;
    this.#tree = new RootTree(budget.limits);
  }

  /** @throws RunnerError `LAYER_INVALID`, `LAYER_LIMIT`, `STORE_FAILED`, or what `blob` or the signal ended with */
  async apply(blob: AsyncIterable<Buffer>, diffId: Digest, signal: AbortSignal): Promise<void> {
    this.#tree.startLayer();
    this.#budget.startLayer();
    const tar = decodeLayer(blob, diffId, this.#budget);
    const reader = extract(tarOptions);
    const failures: unknown[] = [];
    const note = (error: unknown): void => {
      failures.push(signal.aborted ? signal.reason : error);
    };
    await Promise.all([pipeline(tar, reader, { signal }).catch(note), this.#applyEntries(reader).catch(note)]);
    // The first error is the cause; others are what it did to the rest of the pipeline.
    if (failures.length > 0) throw toLayerError(failures[0]);
  }

  /** Makes the folder and those above it, following the image's own symbolic links. */
  async makeDirectories(path: string): Promise<void> {
    await this.#makeAll(this.#tree.makeDirectories(path.split('/')));
  }

  /** The beginning of a regular file of the image, as text; empty when there is none. */
  async readText(path: string, maxBytes: number): Promise<string> {
    const found = this.#tree.findFile(path.split('/'));
    if (found === undefined) return '';
    await using file = await open(join(this.#root, found), constants.O_RDONLY | constants.O_NOFOLLOW);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(maxBytes), length: maxBytes, position: 0 });
    return buffer.toString('utf8', 0, bytesRead);
  }

  async #applyEntries(reader: TarReader): Promise<void> {
    for await (const stream of reader) {
      this.#budget.addEntry();
      const entry = toLayerEntry(stream.header, this.#budget.limits);
      if (entry.kind !== 'file') stream.resume();
      await this.#write(entry, stream);
    }
  }

  async #write(entry: LayerEntry, content: AsyncIterable<unknown>): Promise<void> {
    switch (entry.kind) {
      case 'directory': {
        const placed = this.#tree.directory(entry.path);
        const path = await this.#clearWay(placed);
        if (!placed.exists) await mkdir(path, modes.directory);
        return;
      }
      case 'file':
        return await this.#writeFile(await this.#clearWay(this.#tree.file(entry.path)), entry, content);
      case 'symlink':
        return await symlink(entry.target, await this.#clearWay(this.#tree.symlink(entry.path, entry.target)));
      case 'hard-link': {
        const placed = this.#tree.hardLink(entry.path, entry.to);
        if (placed) await link(join(this.#root, placed.source), await this.#clearWay(placed));
        return;
      }
      case 'whiteout':
        return await this.#removeAll(this.#tree.whiteout(entry.path));
      case 'opaque':
        return await this.#removeAll(this.#tree.opaque(entry.path));
      case 'dropped':
        return;
    }
  }

  async #writeFile(
    path: string,
    { executable, modifiedSeconds }: Extract<LayerEntry, { kind: 'file' }>,
    content: AsyncIterable<unknown>,
  ): Promise<void> {
    await using file = await open(path, createNew, executable ? modes.executable : modes.file);
    for await (const chunk of content) if (chunk instanceof Uint8Array) await file.writeFile(chunk);
    // Python takes a compiled file for current by the time of its source.
    await file.utimes(modifiedSeconds, modifiedSeconds);
  }

  /** Makes missing folders, removes what is replaced, and gives the path on disk. */
  async #clearWay({ path, missing, replaces }: Placement): Promise<string> {
    await this.#makeAll(missing);
    if (replaces) await this.#removeAll([path]);
    return join(this.#root, path);
  }

  async #makeAll(paths: readonly string[]): Promise<void> {
    for (const path of paths) await mkdir(join(this.#root, path), modes.directory);
  }

  async #removeAll(paths: readonly string[]): Promise<void> {
    for (const path of paths) await rm(join(this.#root, path), { recursive: true });
  }
}
