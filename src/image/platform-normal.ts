import type { Platform } from './platform.ts';

/** One spelling for each platform, as https://github.com/containerd/platforms does it. */
export function normalizePlatform(raw: {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
}): Platform {
  const os = raw.os.toLowerCase();
  const { architecture, variant } = normalizeArchitecture(
    raw.architecture.toLowerCase(),
    (raw.variant ?? '').toLowerCase(),
  );
  return { os: os === 'macos' ? 'darwin' : os, architecture, ...(variant === '' ? {} : { variant }) };
}

function normalizeArchitecture(name: string, variant: string): { architecture: string; variant: string } {
  switch (name) {
    case 'i386':
      return { architecture: '386', variant: '' };
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return { architecture: 'amd64', variant: variant === 'v1' ? '' : variant };
    case 'aarch64':
    case 'arm64':
      return { architecture: 'arm64', variant: normalizeArm64Variant(variant) };
    case 'armhf':
      return { architecture: 'arm', variant: 'v7' };
    case 'armel':
      return { architecture: 'arm', variant: 'v6' };
    case 'arm':
      return { architecture: 'arm', variant: variant === '' ? 'v7' : withLeadingV(variant) };
    default:
      return { architecture: name, variant };
  }
}

function normalizeArm64Variant(variant: string): string {
  const full = withLeadingV(variant);
  const short = full.endsWith('.0') ? full.slice(0, -2) : full;
  return short === 'v8' ? '' : short;
}

function withLeadingV(variant: string): string {
  return /^[0-9]/.test(variant) ? `v${variant}` : variant;
}
