/** The manifests that can be read, and those that hold other manifests. */
export const indexTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);

export const imageTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]);

/** Configs that say how to start an image; others belong to charts, modules, signatures. */
export const imageConfigTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/** What a manifest request accepts (M7): no schema 1, and no wildcard that would invite it. */
export const manifestAccept = [...indexTypes, ...imageTypes].join(', ');

/**
 * A Content-Type without its parameters, lower case; empty where it is no media type. RFC 9110 section 8.3.1.
 */
export function simpleMediaType(header: string | undefined): string {
  const [type = ''] = (header ?? '').split(';', 1);
  const trimmed = type.trim().toLowerCase();
  return /^[a-z0-9!#$&^_.+-]{1,127}\/[a-z0-9!#$&^_.+-]{1,127}$/.test(trimmed) ? trimmed : '';
}
