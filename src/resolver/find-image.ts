import { RunnerError } from '../core/errors.ts';
import { type ImageConfig, parseImageConfig } from '../image/config.ts';
import { choosePlatform, formatPlatform, type Platform, type PlatformEntry } from '../image/platform.ts';
import type { Descriptor } from '../registry/content/descriptor.ts';
import type { FetchedManifest } from '../registry/content/fetched-manifest.ts';
import type { Manifest } from '../registry/content/manifest.ts';
import { IndexWalk } from '../registry/content/index-walk.ts';

/** What the search asks of a registry session. */
export interface ManifestSource {
  fetchManifest(target: string | Descriptor, signal: AbortSignal): Promise<FetchedManifest>;
  fetchBlob(descriptor: Descriptor, signal: AbortSignal): Promise<Buffer>;
}

export interface FoundImage {
  readonly manifest: FetchedManifest;
  readonly image: Extract<Manifest, { kind: 'image' }>;
  readonly config: ImageConfig;
  readonly configBytes: number;
  readonly platform: Platform;
  /** Every platform seen on the way, like `linux/arm64`; never empty. */
  readonly platforms: readonly string[];
}

export interface WantedPlatform {
  readonly platform: Platform;
  /** Take the first linux image when none is for `platform`. */
  readonly anyPlatform: boolean;
}

type Index = Extract<Manifest, { kind: 'index' }>;
type IndexEntry = Index['entries'][number];

/**
 * Goes from what a name points at down to the image for the wanted platform, through indexes within indexes
 * (https://github.com/opencontainers/image-spec/blob/main/image-index.md). An entry that does not say its platform comes
 * last, and its config decides.
 *
 * @throws {RunnerError} `MAN_PLATFORM` listing what there is; `MAN_TYPE` for indexes nested in a cycle, more than 4 deep
 *   or over more than 16 manifests; whatever the session throws
 */
export async function findImage(
  source: ManifestSource,
  top: FetchedManifest,
  wanted: WantedPlatform,
  signal: AbortSignal,
): Promise<FoundImage> {
  return new Search(source, wanted.platform, signal).run(top, wanted.anyPlatform);
}

class Search {
  readonly #source: ManifestSource;
  readonly #wanted: Platform;
  readonly #signal: AbortSignal;
  readonly #walk = new IndexWalk();
  readonly #manifests = new Map<string, FetchedManifest>();
  readonly #configs = new Map<string, { readonly config: ImageConfig; readonly bytes: number }>();
  readonly #platforms = new Set<string>();

  constructor(source: ManifestSource, wanted: Platform, signal: AbortSignal) {
    this.#source = source;
    this.#wanted = wanted;
    this.#signal = signal;
  }

  async run(top: FetchedManifest, anyPlatform: boolean): Promise<FoundImage> {
    this.#walk.enter(top.digest, 0);
    this.#manifests.set(top.digest.text, top);
    const fits = (platform: Platform): boolean =>
      choosePlatform(this.#wanted, [{ platform, value: platform }]).length > 0;
    const exact = await this.#visit(top, undefined, fits, []);
    if (exact !== undefined) return exact;
    const first = anyPlatform ? await this.#visit(top, undefined, isLinux, []) : undefined;
    if (first !== undefined) return first;
    throw this.#noPlatform();
  }

  async #visit(
    manifest: FetchedManifest,
    platform: Platform | undefined,
    accept: (platform: Platform) => boolean,
    path: readonly string[],
  ): Promise<FoundImage | undefined> {
    if (manifest.manifest.kind === 'image') return this.#visitImage(manifest, manifest.manifest, platform, accept);
    const below = [...path, manifest.digest.text];
    for (const entry of this.#ranked(manifest.manifest, accept)) {
      const found = await this.#visitEntry(entry, accept, below);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #visitEntry(
    entry: IndexEntry,
    accept: (platform: Platform) => boolean,
    path: readonly string[],
  ): Promise<FoundImage | undefined> {
    try {
      return await this.#visit(await this.#fetch(entry, path), entry.platform, accept, path);
    } catch (error) {
      if (error instanceof RunnerError && error.code === 'MAN_PLATFORM') return undefined;
      throw error;
    }
  }

  async #visitImage(
    manifest: FetchedManifest,
    image: FoundImage['image'],
    entryPlatform: Platform | undefined,
    accept: (platform: Platform) => boolean,
  ): Promise<FoundImage | undefined> {
    const { config, bytes } = await this.#fetchConfig(image);
    const platform = entryPlatform ?? config.platform;
    this.#platforms.add(formatPlatform(platform));
    if (!accept(platform)) return undefined;
    return { manifest, image, config, configBytes: bytes, platform, platforms: [...this.#platforms] };
  }

  /** The entries worth a request, best first: those that fit, then those that do not say. */
  #ranked(index: Index, accept: (platform: Platform) => boolean): readonly IndexEntry[] {
    for (const { platform } of index.entries) {
      if (platform !== undefined && !isUnknown(platform)) this.#platforms.add(formatPlatform(platform));
    }
    const entries: readonly PlatformEntry<IndexEntry>[] = index.entries.map((value) => ({
      platform: value.platform,
      value,
    }));
    const chosen = choosePlatform(this.#wanted, entries).map(({ value }) => value);
    const rest = index.entries.filter((entry) => entry.platform !== undefined && !chosen.includes(entry));
    const fitting = [...chosen, ...rest].filter(({ platform }) => platform !== undefined && accept(platform));
    return [...fitting, ...chosen.filter(({ platform }) => platform === undefined)];
  }

  async #fetch(entry: IndexEntry, path: readonly string[]): Promise<FetchedManifest> {
    const digest = entry.digest.text;
    const known = this.#manifests.get(digest);
    if (known !== undefined && !path.includes(digest)) return known;
    this.#walk.enter(entry.digest, path.length);
    const fetched = await this.#source.fetchManifest(entry, this.#signal);
    this.#manifests.set(digest, fetched);
    return fetched;
  }

  async #fetchConfig(image: FoundImage['image']): Promise<{ readonly config: ImageConfig; readonly bytes: number }> {
    const known = this.#configs.get(image.config.digest.text);
    if (known !== undefined) return known;
    const bytes = await this.#source.fetchBlob(image.config, this.#signal);
    const fetched = { config: parseImageConfig(bytes), bytes: bytes.length };
    this.#configs.set(image.config.digest.text, fetched);
    return fetched;
  }

  #noPlatform(): RunnerError {
    const wanted = formatPlatform(this.#wanted);
    const available = this.#platforms.size === 0 ? 'none' : [...this.#platforms].join(', ');
    return new RunnerError('MAN_PLATFORM', `image is not built for ${wanted}; available: ${available}`, {
      hint: `Build the image for ${wanted}, or name one of the available platforms with --image-platform.`,
    });
  }
}

function isLinux(platform: Platform): boolean {
  return platform.os === 'linux' && platform.architecture !== 'unknown';
}

function isUnknown(platform: Platform): boolean {
  return platform.os === 'unknown' || platform.architecture === 'unknown';
}
