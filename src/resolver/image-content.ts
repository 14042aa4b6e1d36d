import { commandOf } from '../image/command.ts';
import type { FetchedManifest } from '../registry/content/fetched-manifest.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { FoundImage } from './find-image.ts';
import type { Resolution } from './resolution.ts';

/** The part of a resolution that follows from the digest alone, and so never goes stale. */
export type ImageContent = Omit<Resolution, 'image' | 'reference' | 'connection' | 'attempts' | 'credential'>;

export interface SizedContent {
  readonly content: ImageContent;
  /** About what it takes in memory. */
  readonly bytes: number;
}

/** @throws {RunnerError} `MAN_CONFIG` when the image has nothing to run */
export function toContent(top: FetchedManifest, found: FoundImage): SizedContent {
  const { config, image, manifest } = found;
  commandOf(config);
  const content: ImageContent = {
    digest: top.digest.text,
    platformDigest: manifest.digest.text,
    mediaType: top.manifest.mediaType,
    platforms: found.platforms,
    platform: found.platform,
    entrypoint: config.entrypoint,
    cmd: config.cmd,
    env: config.env,
    workingDir: config.workingDir,
    user: config.user,
    layers: image.layers,
    diffIds: config.diffIds,
    warnings: config.warnings,
  };
  return { content: deepFreeze(content), bytes: manifest.bytes.length + found.configBytes + top.bytes.length };
}
