import type { Attempt, ConnectionStep } from '../core/attempt.ts';
import type { Digest } from '../image/digest.ts';
import type { Platform } from '../image/platform.ts';
import type { Reference } from '../image/reference.ts';
import type { Descriptor } from '../registry/content/descriptor.ts';

/** What an image name means right now: which bytes, and how to start them. Frozen; safe to share between calls. */
export interface Resolution {
  /** As the caller wrote it. */
  readonly image: string;
  readonly reference: Reference;
  /** What the name points at, an index or a manifest: pin to `repository@digest` with this one. */
  readonly digest: string;
  /** The manifest of {@link platform}; equal to `digest` when the name points at a manifest. */
  readonly platformDigest: string;
  /** Media type of what `digest` names. */
  readonly mediaType: string;
  /** Every platform on offer, like `linux/arm64/v8`; the image's own one when there is no index. */
  readonly platforms: readonly string[];
  readonly platform: Platform;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** `K=V`, valid ones only, no name twice. */
  readonly env: readonly string[];
  /** Absolute; `/` when the image says nothing. */
  readonly workingDir: string;
  /** As in the image; empty means the runtime's default. */
  readonly user: string;
  readonly connection: ConnectionStep;
  /** Every step tried against registry, token and redirect hosts. */
  readonly attempts: readonly Attempt[];
  /** The key of the credentials file that matched, or `anonymous` where none did; a public registry may not have asked for it. */
  readonly credential: string;
  readonly layers: readonly Descriptor[];
  readonly diffIds: readonly Digest[];
  readonly warnings: readonly string[];
}

/** One answer to one caller. */
export interface Resolved {
  readonly resolution: Resolution;
  /** True when the answer is one that was known before, not one that the registry gave just now. */
  readonly cached: boolean;
  readonly elapsedMs: number;
  /** File of the key that has signed it, where one has to have. */
  readonly signedBy?: string | undefined;
}
