import type { Resolution } from '../../../src/resolver/resolution.ts';
import { parseReference } from '../../../src/image/reference.ts';

export const defaultImagePrefix = 'ghcr.io/kptdev/krm-functions-catalog/';
export const someDigest = `sha256:${'ab'.repeat(32)}`;

/** A resolution of an image name, with what matters to a test. */
export function resolutionOf(image: string, given: Partial<Resolution> = {}): Resolution {
  return {
    image,
    reference: parseReference(image, { defaultImagePrefix }),
    digest: someDigest,
    platformDigest: `sha256:${'cd'.repeat(32)}`,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    platforms: ['linux/amd64'],
    platform: { os: 'linux', architecture: 'amd64' },
    entrypoint: ['/bin/function'],
    cmd: [],
    env: [],
    workingDir: '/',
    user: '',
    connection: 'system-ca',
    attempts: [],
    credential: 'anonymous',
    layers: [],
    diffIds: [],
    warnings: [],
    ...given,
  };
}
