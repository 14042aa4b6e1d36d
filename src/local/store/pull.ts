import { mkdir } from 'node:fs/promises';

import type { Counters } from '../../core/counters.ts';
import type { ImageContent, LayerSource } from './image-content.ts';
import { LayerBudget } from '../layers/layer-budget.ts';
import { invalidLayer, layerLimit } from '../layers/layer-error.ts';
import type { LayerLimits } from '../layers/layer-limits.ts';
import { measureTree } from '../layers/measure-tree.ts';
import { makeMountPoints } from '../sandbox/mount-points.ts';
import type { PullEvent } from './pull-event.ts';
import { RootWriter } from '../layers/root-writer.ts';
import { rootOf, type StoredImage, writeStoredImage } from './stored-image.ts';

export interface PullOptions {
  readonly limits: LayerLimits;
  readonly onProgress: (event: PullEvent) => void;
  readonly counters: Counters;
  /** Names the boot of this machine. */
  readonly boot: string;
  readonly signal: AbortSignal;
}

/** More of /etc/passwd and /etc/group is not looked at. */
const maxAccountBytes = 65_536;

/**
 * Pulls an image's layers one after the other straight into a root file system: `root` in `folder`, with `image.json`
 * beside it. Nothing but the root is kept.
 *
 * @throws RunnerError `LAYER_INVALID`, `LAYER_LIMIT`, `STORE_FAILED`, and what `source` throws
 */
export async function pullImage(
  content: ImageContent,
  source: LayerSource,
  folder: string,
  options: PullOptions,
): Promise<StoredImage> {
  const { image, layers } = content;
  check(content, options.limits);
  options.onProgress({ kind: 'started', image, layers: layers.length, bytes: packedBytes(layers) });
  const root = rootOf(folder);
  await mkdir(root, { mode: 0o755 });
  const writer = new RootWriter(root, new LayerBudget(options.limits));
  await applyLayers(content, source, writer, options);
  await writer.makeDirectories(content.workingDir);
  const [passwd, group] = [
    await writer.readText('etc/passwd', maxAccountBytes),
    await writer.readText('etc/group', maxAccountBytes),
  ];
  await makeMountPoints(root);
  const stored = { image, passwd, group, boot: options.boot, ...(await measureTree(root)) };
  await writeStoredImage(folder, stored);
  return stored;
}

function check({ layers, diffIds }: ImageContent, { maxLayers, maxBytes }: LayerLimits): void {
  if (layers.length !== diffIds.length) {
    throw invalidLayer(`the image has ${String(layers.length)} layers, but its config names ${String(diffIds.length)}`);
  }
  if (layers.length > maxLayers) throw layerLimit(`it has more than ${String(maxLayers)} layers`);
  if (packedBytes(layers) > maxBytes) throw layerLimit(`it is larger than ${String(maxBytes)} bytes`);
}

function packedBytes(layers: ImageContent['layers']): number {
  return layers.reduce((sum, { size }) => sum + size, 0);
}

async function applyLayers(
  content: ImageContent,
  source: LayerSource,
  writer: RootWriter,
  options: PullOptions,
): Promise<void> {
  for (const [index, descriptor] of content.layers.entries()) {
    const diffId = content.diffIds[index];
    if (diffId === undefined) return;
    const blob = await source.streamBlob(descriptor, options.signal);
    try {
      await writer.apply(told(blob, content.image, options), diffId, options.signal);
      options.counters.add('layers_unpacked', { outcome: 'ok' });
    } catch (error) {
      options.counters.add('layers_unpacked', { outcome: 'failed' });
      throw error;
    } finally {
      blob.destroy();
    }
    options.onProgress({ kind: 'layer-done', image: content.image, index });
  }
}

async function* told(
  blob: AsyncIterable<Buffer>,
  image: string,
  { onProgress }: PullOptions,
): AsyncGenerator<Buffer, void> {
  for await (const chunk of blob) {
    onProgress({ kind: 'received', image, bytes: chunk.length });
    yield chunk;
  }
}
