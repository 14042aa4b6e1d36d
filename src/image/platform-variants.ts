import type { Platform } from './platform.ts';

/**
 * The variants of its own architecture that a normalised platform can run, best first.
 * containerd's order without its cross-architecture ranks: https://github.com/containerd/platforms/blob/main/compare.go
 */
export function compatibleVariants({ architecture, variant = '' }: Platform): readonly string[] {
  switch (architecture) {
    case 'amd64':
      return downwards(variant, 1);
    case 'arm':
      return downwards(variant, 5);
    case 'arm64':
      return arm64Variants(variant);
    default:
      return [variant];
  }
}

/** `v7` and everything below it: the older instruction sets are subsets. */
function downwards(variant: string, lowest: number): readonly string[] {
  if (!/^v[0-9]$/.test(variant)) return [variant];
  return [variant, ...countdown(Number(variant.slice(1)) - 1, lowest).map((version) => `v${String(version)}`)];
}

/** Armv9.x is Armv8.(x+5) with more, as far as Armv8.9. */
function arm64Variants(variant: string): readonly string[] {
  const parsed = /^v([89])(?:\.([0-9]))?$/.exec(variant === '' ? 'v8' : variant);
  if (parsed === null) return [variant];
  const minor = Number(parsed[2] ?? '0');
  if (parsed[1] === '8') return minorVersions(8, minor);
  return [...minorVersions(9, minor), ...minorVersions(8, Math.min(minor + 5, 9))];
}

function minorVersions(major: 8 | 9, highest: number): readonly string[] {
  return countdown(highest, 0).map((minor) => `v${String(major)}.${String(minor)}`);
}

function countdown(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(from - to + 1, 0) }, (_, step) => from - step);
}
