import { type EntryPath, quote } from './entry-path.ts';
import { invalidLayer, layerLimit } from './layer-error.ts';
import type { LayerLimits } from './layer-limits.ts';

type TreeNode = DirectoryNode | FileNode | SymlinkNode;

interface DirectoryNode {
  readonly kind: 'directory';
  readonly children: Map<string, TreeNode>;
  /** The layer that named it last, or that first needed it. */
  layer: number;
  /** The layer whose whiteouts have cleared it already. */
  clearedBy: number;
}

interface FileNode {
  readonly kind: 'file';
  readonly layer: number;
}

interface SymlinkNode {
  readonly kind: 'symlink';
  readonly layer: number;
  readonly target: string;
}

/** What has to happen on disk, in this order, before an entry can be written. Paths are real: no part is a symbolic link. */
export interface Placement {
  readonly path: string;
  /** Folders that are missing on the way, outermost first. */
  readonly missing: readonly string[];
  /** Whether something of another kind is in the way. */
  readonly replaces: boolean;
  /** Whether a folder is there already. */
  readonly exists: boolean;
}

/** Where a path leads once every symbolic link on it is followed. */
interface Found<N extends TreeNode = DirectoryNode | FileNode> {
  readonly node: N;
  readonly names: readonly string[];
  readonly missing: readonly string[];
}

/** As many as Linux follows. */
const maxSymlinks = 40;

/**
 * The root file system of an image as its layers build it up. It decides, without touching a disk, where an entry really
 * goes: symbolic links are followed as inside a chroot, so nothing is ever outside the root (registry-behaviour S21).
 * https://github.com/opencontainers/image-spec/blob/main/layer.md#applying-changesets
 */
export class RootTree {
  readonly #root: DirectoryNode = newDirectory(-1);
  readonly #limits: LayerLimits;
  #layer = -1;

  constructor(limits: LayerLimits) {
    this.#limits = limits;
  }

  startLayer(): void {
    this.#layer += 1;
  }

  /** A folder entry; what is in the folder stays. The root itself needs no entry. */
  directory(path: EntryPath): Placement {
    const { parent, name } = this.#parentOf(path);
    const existing = parent.node.children.get(name);
    if (existing?.kind === 'directory') {
      existing.layer = this.#layer;
      return { ...this.#placement(parent, name), exists: true };
    }
    parent.node.children.set(name, newDirectory(this.#layer));
    return { ...this.#placement(parent, name), replaces: existing !== undefined };
  }

  file(path: EntryPath): Placement {
    return this.#put(path, { kind: 'file', layer: this.#layer });
  }

  symlink(path: EntryPath, target: string): Placement {
    return this.#put(path, { kind: 'symlink', layer: this.#layer, target });
  }

  /** `source` is the real path of what is linked to. Undefined when it links to itself, which changes nothing. */
  hardLink(path: EntryPath, to: EntryPath): (Placement & { readonly source: string }) | undefined {
    const name = to.at(-1);
    const folder = this.#directory(to.slice(0, -1));
    const linked = name === undefined ? undefined : folder?.node.children.get(name);
    if (!folder || name === undefined || !linked || linked.kind === 'directory') {
      throw invalidLayer(`${quote(path.join('/'))} is a hard link to ${quote(to.join('/'))}, which is no file`);
    }
    const source = join(folder.names, name);
    const { parent, name: ownName } = this.#parentOf(path);
    const own = join(parent.names, ownName);
    if (own === source) return undefined;
    if (source.startsWith(`${own}/`)) throw invalidLayer(`the hard link ${quote(own)} replaces what it links to`);
    const put = this.#put(path, { ...linked, layer: this.#layer });
    return { ...put, missing: parent.missing, source };
  }

  /** Real paths that a whiteout of `path` removes: what lower layers put there. */
  whiteout(path: EntryPath): readonly string[] {
    const name = path.at(-1);
    const folder = this.#directory(path.slice(0, -1));
    const removed: string[] = [];
    if (folder && name !== undefined) this.#clear(folder.node, name, join(folder.names, name), removed);
    return removed;
  }

  /** Real paths that an opaque folder hides: everything in it from lower layers. */
  opaque(path: EntryPath): readonly string[] {
    const folder = this.#directory(path);
    const removed: string[] = [];
    if (folder) this.#clearChildren(folder.node, folder.names.join('/'), removed);
    return removed;
  }

  /** Follows a path as `mkdir -p` would; gives the folders that are missing, outermost first. */
  makeDirectories(path: readonly string[]): readonly string[] {
    return this.#walk(path, true)?.missing ?? [];
  }

  /** The real path of a regular file as a process inside the root would find it; undefined when there is none. */
  findFile(path: EntryPath): string | undefined {
    const found = this.#walk(path, false);
    return found?.node.kind === 'file' ? found.names.join('/') : undefined;
  }

  #put(path: EntryPath, node: FileNode | SymlinkNode): Placement {
    const { parent, name } = this.#parentOf(path);
    const replaces = parent.node.children.has(name);
    parent.node.children.set(name, node);
    return { ...this.#placement(parent, name), replaces };
  }

  #placement({ names, missing }: Found<DirectoryNode>, name: string): Placement {
    const path = join(names, name);
    if (names.length >= this.#limits.maxPathDepth || Buffer.byteLength(path) > this.#limits.maxPathBytes) {
      throw layerLimit(`the path ${quote(path)} is too long or too deep`);
    }
    return { path, missing, replaces: false, exists: false };
  }

  #parentOf(path: EntryPath): { readonly parent: Found<DirectoryNode>; readonly name: string } {
    const name = path.at(-1);
    const found = this.#walk(path.slice(0, -1), true);
    if (name === undefined || found?.node.kind !== 'directory') {
      throw invalidLayer(`${quote(path.join('/'))} lies below something that is no folder, or in a circle of links`);
    }
    return { parent: { ...found, node: found.node }, name };
  }

  #directory(path: EntryPath): Found<DirectoryNode> | undefined {
    const found = this.#walk(path, false);
    return found?.node.kind === 'directory' ? { ...found, node: found.node } : undefined;
  }

  /** Follows a path with all its symbolic links inside the root; undefined when it leads nowhere. */
  #walk(path: readonly string[], create: boolean): Found | undefined {
    let way: readonly (readonly [string, DirectoryNode])[] = [];
    const ahead = path.toReversed();
    const missing: string[] = [];
    let symlinks = 0;
    for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
      if (name === '..') way = way.slice(0, -1);
      if (name === '..' || name === '.' || name === '') continue;
      const folder = way.at(-1)?.[1] ?? this.#root;
      const names = [...way.map(([part]) => part), name];
      const next = folder.children.get(name) ?? (create ? this.#create(folder, names, missing) : undefined);
      if (next === undefined) return undefined;
      if (next.kind === 'file') return ahead.length === 0 ? { node: next, names, missing } : undefined;
      if (next.kind === 'directory') way = [...way, [name, next]];
      else if (++symlinks > maxSymlinks) return undefined;
      else {
        if (next.target.startsWith('/')) way = [];
        ahead.push(...next.target.split('/').toReversed());
      }
    }
    return { node: way.at(-1)?.[1] ?? this.#root, names: way.map(([part]) => part), missing };
  }

  #create(folder: DirectoryNode, names: readonly string[], missing: string[]): DirectoryNode {
    if (names.length > this.#limits.maxPathDepth)
      throw layerLimit(`a path is deeper than ${String(this.#limits.maxPathDepth)} folders`);
    const created = newDirectory(this.#layer);
    folder.children.set(names.at(-1) ?? '', created);
    missing.push(names.join('/'));
    return created;
  }

  /** Whether something of the current layer is left at `name`. */
  #clear(folder: DirectoryNode, name: string, path: string, removed: string[]): boolean {
    const node = folder.children.get(name);
    if (node === undefined) return false;
    const inside: string[] = [];
    const remains = node.kind === 'directory' && this.#clearChildren(node, path, inside);
    const kept = remains || node.layer === this.#layer;
    if (!kept) folder.children.delete(name);
    for (const each of kept ? inside : [path]) removed.push(each);
    return kept;
  }

  #clearChildren(folder: DirectoryNode, path: string, removed: string[]): boolean {
    if (folder.clearedBy === this.#layer) return folder.children.size > 0;
    folder.clearedBy = this.#layer;
    for (const name of folder.children.keys())
      this.#clear(folder, name, path === '' ? name : `${path}/${name}`, removed);
    return folder.children.size > 0;
  }
}

function newDirectory(layer: number): DirectoryNode {
  return { kind: 'directory', children: new Map(), layer, clearedBy: -1 };
}

function join(names: readonly string[], name: string): string {
  return [...names, name].join('/');
}
