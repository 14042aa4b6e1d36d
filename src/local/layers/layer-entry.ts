import { type EntryPath, parseEntryPath, parseLinkTarget, quote } from './entry-path.ts';
import { invalidLayer } from './layer-error.ts';
import type { LayerLimits } from './layer-limits.ts';

/** A header as tar-stream gives it; its own types promise more than it keeps. */
export interface TarHeader {
  readonly name: string;
  /** Null for kinds that it does not know. */
  readonly type?: string | null;
  readonly linkname?: string | null;
  readonly mode?: number;
  readonly mtime?: Date;
  readonly pax?: unknown;
}

/** One entry of a layer, in the terms of the image specification. */
export type LayerEntry =
  | { readonly kind: 'directory'; readonly path: EntryPath }
  | {
      readonly kind: 'file';
      readonly path: EntryPath;
      readonly executable: boolean;
      readonly modifiedSeconds: number;
    }
  | { readonly kind: 'symlink'; readonly path: EntryPath; readonly target: string }
  | { readonly kind: 'hard-link'; readonly path: EntryPath; readonly to: EntryPath }
  /** Removes one name that lower layers made. */
  | { readonly kind: 'whiteout'; readonly path: EntryPath }
  /** Removes everything that lower layers put into the folder. */
  | { readonly kind: 'opaque'; readonly path: EntryPath }
  | { readonly kind: 'dropped' };

const whiteoutPrefix = '.wh.';
const opaqueName = '.wh..wh..opq';
/** Other names with this beginning are bookkeeping of AUFS. */
const metadataPrefix = '.wh..wh.';
const anyExecuteBit = 0o111;
const maxSeconds = 2 ** 32;

/**
 * Narrows a tar header. Devices, fifos and sockets are dropped: the sandbox brings its own, and an image must not.
 * Owners, set-uid, set-gid and sticky bits and extended attributes are not even read.
 * https://github.com/opencontainers/image-spec/blob/main/layer.md#change-types
 *
 * @throws RunnerError `LAYER_INVALID`, `LAYER_LIMIT`
 */
export function toLayerEntry(header: TarHeader, limits: LayerLimits): LayerEntry {
  const path = parseEntryPath(header.name, limits);
  const name = path.at(-1) ?? '';
  if (path.slice(0, -1).some((folder) => folder.startsWith(metadataPrefix))) return { kind: 'dropped' };
  if (name.startsWith(whiteoutPrefix)) return toWhiteout(path, name);
  switch (header.type ?? 'unknown') {
    case 'directory':
      return toDirectory(path);
    case 'file':
    case 'contiguous-file':
      // Before POSIX a folder was told by its slash.
      return header.name.endsWith('/') ? toDirectory(path) : toFile(header, path);
    case 'symlink':
      return { kind: 'symlink', path, target: parseLinkTarget(header.linkname ?? '', limits) };
    case 'link':
      return { kind: 'hard-link', path, to: parseEntryPath(header.linkname ?? '', limits) };
    case 'character-device':
    case 'block-device':
    case 'fifo':
      return { kind: 'dropped' };
    default:
      throw invalidLayer(`${quote(header.name)} is of a kind that is not supported`);
  }
}

function toDirectory(path: EntryPath): LayerEntry {
  return path.length === 0 ? { kind: 'dropped' } : { kind: 'directory', path };
}

function toFile(header: TarHeader, path: EntryPath): LayerEntry {
  if (isSparse(header)) throw invalidLayer(`${quote(header.name)} is a sparse file, which is not supported`);
  const seconds = Math.trunc((header.mtime?.getTime() ?? 0) / 1000);
  const modifiedSeconds = seconds > 0 && seconds < maxSeconds ? seconds : 0;
  return { kind: 'file', path, executable: ((header.mode ?? 0) & anyExecuteBit) !== 0, modifiedSeconds };
}

function toWhiteout(path: EntryPath, name: string): LayerEntry {
  const folder = path.slice(0, -1);
  if (name === opaqueName) return { kind: 'opaque', path: folder };
  if (name.startsWith(metadataPrefix)) return { kind: 'dropped' };
  const hidden = name.slice(whiteoutPrefix.length);
  if (hidden === '' || hidden === '.' || hidden === '..') throw invalidLayer(`${quote(name)} is no whiteout`);
  return { kind: 'whiteout', path: [...folder, hidden] };
}

/** The PAX way of GNU tar to leave out holes: what follows is not the file itself. */
function isSparse({ pax }: TarHeader): boolean {
  return typeof pax === 'object' && pax !== null && Object.keys(pax).some((key) => key.startsWith('GNU.sparse.'));
}
