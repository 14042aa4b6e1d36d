/** How Docker Hub is written in a normalised reference. */
export const dockerHub = 'docker.io';

/** Where Docker Hub answers the registry API. */
export const dockerHubApiHost = 'registry-1.docker.io';

/** Every host name under which people keep Docker Hub credentials. */
const credentialAliases: ReadonlySet<string> = new Set([dockerHub, 'index.docker.io', dockerHubApiHost]);

/** The one name under which a host's credentials are compared: all of Docker Hub's names are one. */
export function credentialHost(host: string): string {
  return credentialAliases.has(host) ? dockerHub : host;
}
