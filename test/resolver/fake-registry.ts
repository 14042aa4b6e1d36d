import type { Attempt, ConnectionStep } from '../../src/core/attempt.ts';
import { RunnerError } from '../../src/core/errors.ts';
import type { Candidate } from '../../src/credentials/candidate.ts';
import { digestOf } from '../../src/image/digest.ts';
import { parsePlatform, type Platform } from '../../src/image/platform.ts';
import type { Reference } from '../../src/image/reference.ts';
import type { Descriptor } from '../../src/registry/content/descriptor.ts';
import type { FetchedManifest } from '../../src/registry/content/fetched-manifest.ts';
import type { Manifest } from '../../src/registry/content/manifest.ts';
import type { Session } from '../../src/resolver/lookup.ts';

export interface FakeImage {
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly user?: string;
  readonly platform?: string;
}

interface Content {
  readonly manifest: Manifest;
  readonly descriptor: Descriptor;
}

const imageType = 'application/vnd.oci.image.manifest.v1+json';
const indexType = 'application/vnd.oci.image.index.v1+json';

/** Stands where `RegistryClient` does; holds manifests in memory and counts what it is asked. */
export class FakeRegistry {
  /** `manifest <target>` or `blob <digest>`, in order. */
  readonly requests: string[] = [];
  readonly sessions: (readonly Candidate[])[] = [];
  step: ConnectionStep = 'system-ca';
  authenticated = true;
  /** When set, every request fails with it. */
  failure: RunnerError | undefined;
  /** When set, every request waits for it first. */
  gate: Promise<void> | undefined;
  readonly #contents = new Map<string, Content>();
  readonly #blobs = new Map<string, Buffer>();
  readonly #tags = new Map<string, string>();

  session(reference: Reference, candidates: readonly Candidate[]): Session {
    this.sessions.push(candidates);
    const attempts: readonly Attempt[] = [{ step: this.step, address: reference.apiHost, outcome: 'ok', reason: '' }];
    return {
      connection: this.step,
      attempts,
      credential: candidates[0]?.key ?? '',
      fetchManifest: async (target, signal) => this.#fetchManifest(target, signal),
      fetchBlob: async (descriptor, signal) => this.#fetchBlob(descriptor, signal),
    };
  }

  addImage(image: FakeImage = {}): Content {
    const { os, architecture, variant } = parsePlatform(image.platform ?? 'linux/amd64');
    const { entrypoint: Entrypoint = ['/fn'], cmd: Cmd, user: User } = image;
    const config = this.#addBlob({ os, architecture, variant, config: { Entrypoint, Cmd, User }, rootfs: {} });
    return this.#add({ kind: 'image', mediaType: imageType, config, layers: [] });
  }

  addIndex(entries: readonly { readonly content: Content; readonly platform?: string }[]): Content {
    const withPlatform = entries.map(({ content, platform }) => ({
      ...content.descriptor,
      platform: platform === undefined ? undefined : platformOf(platform),
    }));
    return this.#add({ kind: 'index', mediaType: indexType, entries: withPlatform });
  }

  /** What asking for the digest gives, right or not. */
  replace(digest: string, content: Content): void {
    this.#contents.set(digest, content);
  }

  tag(name: string, content: Content): string {
    this.#tags.set(name, content.descriptor.digest.text);
    return content.descriptor.digest.text;
  }

  #add(manifest: Manifest): Content {
    const bytes = Buffer.from(JSON.stringify(manifest));
    const content = {
      manifest,
      descriptor: { mediaType: manifest.mediaType, digest: digestOf(bytes), size: bytes.length },
    };
    this.#contents.set(content.descriptor.digest.text, content);
    return content;
  }

  #addBlob(value: unknown): Descriptor {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = digestOf(bytes);
    this.#blobs.set(digest.text, bytes);
    return { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: bytes.length };
  }

  async #fetchManifest(target: string | Descriptor, signal: AbortSignal): Promise<FetchedManifest> {
    const name = typeof target === 'string' ? target : target.digest.text;
    await this.#request(`manifest ${name}`, signal);
    const content = this.#contents.get(this.#tags.get(name) ?? name);
    if (content === undefined) throw new RunnerError('MAN_NOT_FOUND', `no ${name}`);
    const { manifest, descriptor } = content;
    return {
      digest: descriptor.digest,
      bytes: Buffer.alloc(descriptor.size),
      manifest,
      authenticated: this.authenticated,
    };
  }

  async #fetchBlob(descriptor: Descriptor, signal: AbortSignal): Promise<Buffer> {
    await this.#request(`blob ${descriptor.digest.text}`, signal);
    const blob = this.#blobs.get(descriptor.digest.text);
    if (blob === undefined) throw new RunnerError('BLOB_UNKNOWN', 'no blob');
    return blob;
  }

  async #request(line: string, signal: AbortSignal): Promise<void> {
    this.requests.push(line);
    if (this.gate !== undefined) await abortable(this.gate, signal);
    if (this.failure !== undefined) throw this.failure;
  }
}

function platformOf(text: string): Platform {
  const [os = '', architecture = '', variant] = text.split('/');
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}

async function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason);
    });
  });
  await Promise.race([promise, aborted]);
}
