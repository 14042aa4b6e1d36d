/** A manifest as it was pushed, byte for byte. */
export interface StoredManifest {
  readonly mediaType: string;
  readonly digest: string;
  readonly bytes: Buffer;
}

/** What one repository knows. Blobs are shared on disk, but visible only where they were pushed or mounted. */
export class Repository {
  readonly blobs = new Set<string>();
  readonly manifests = new Map<string, StoredManifest>();
  /** Tag to digest. */
  readonly tags = new Map<string, string>();

  /** The manifest that a tag or a digest names. */
  find(reference: string): StoredManifest | undefined {
    return this.manifests.get(this.tags.get(reference) ?? reference);
  }
}

/** Names and manifests, in memory: the registry forgets them when it stops. */
export class Repositories {
  readonly #byName = new Map<string, Repository>();

  get(name: string): Repository | undefined {
    return this.#byName.get(name);
  }

  open(name: string): Repository {
    const repository = this.#byName.get(name) ?? new Repository();
    this.#byName.set(name, repository);
    return repository;
  }
}
