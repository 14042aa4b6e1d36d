import { endianness } from 'node:os';

import { RunnerError } from '../core/errors.ts';
import { normalizePlatform } from './platform-normal.ts';
import { compatibleVariants } from './platform-variants.ts';
import { quoteInput } from './quote.ts';

/** What an image runs on, in the words of the OCI image index. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** One image of an index; a missing platform means that the index does not say. */
export interface PlatformEntry<T> {
  readonly platform: Platform | undefined;
  readonly value: T;
}

/**
 * `os/architecture[/variant]`, e.g. `linux/arm64/v8`, in its normal spelling.
 *
 * @throws RunnerError `CFG_OPTION`
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/', 4);
  const [os, architecture, variant] = parts;
  if (os === undefined || architecture === undefined || parts.length > 3 || !parts.every(isPlatformPart)) {
    throw new RunnerError('CFG_OPTION', `${quoteInput(text)} is not a platform`, {
      hint: 'Write os/architecture or os/architecture/variant, for example linux/amd64 or linux/arm/v7.',
    });
  }
  return normalizePlatform({ os, architecture, variant });
}

/** `linux/amd64`, `linux/arm/v7` */
export function formatPlatform(platform: Platform): string {
  const base = `${platform.os}/${platform.architecture}`;
  return platform.variant === undefined ? base : `${base}/${platform.variant}`;
}

/** Linux on the architecture of this machine. */
export function hostPlatform(): Platform {
  const names: Readonly<Record<string, string>> = {
    x64: 'amd64',
    ia32: '386',
    mipsel: 'mipsle',
    ppc64: endianness() === 'LE' ? 'ppc64le' : 'ppc64',
  };
  return normalizePlatform({ os: 'linux', architecture: names[process.arch] ?? process.arch });
}

/**
 * The entries that can run on the wanted platform, best first; entries of equal rank keep their order.
 * Entries without a platform come last: only their image config can tell. Attestations stand in an index as
 * `unknown/unknown` and are never chosen.
 */
export function choosePlatform<T>(wanted: Platform, entries: readonly PlatformEntry<T>[]): readonly PlatformEntry<T>[] {
  const ranks = new Map(compatiblePlatforms(wanted).map((platform, rank) => [platform, rank]));
  const rankOf = ({ platform }: PlatformEntry<T>): number =>
    platform === undefined ? ranks.size : (ranks.get(formatPlatform(normalizePlatform(platform))) ?? Infinity);
  return entries.filter((entry) => rankOf(entry) < Infinity).toSorted((a, b) => rankOf(a) - rankOf(b));
}

function compatiblePlatforms(wanted: Platform): readonly string[] {
  const normal = normalizePlatform(wanted);
  if (normal.os === 'unknown') return [];
  return compatibleVariants(normal).map((variant) => formatPlatform(normalizePlatform({ ...normal, variant })));
}

function isPlatformPart(text: string): boolean {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(text);
}
