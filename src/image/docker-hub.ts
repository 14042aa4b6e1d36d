/** How Docker Hub is written in a normalised reference. */
export const dockerHub = 'docker.io';

/** Where Docker Hub answers the registry API. */
export const dockerHubApiHost = 'registry-1.docker.io';

const indexHost = 'index.docker.io';
/** Where it answers as well, or has. */
const otherHosts = ['registry.docker.io', 'registry.hub.docker.com'];

/** Whether a domain is another way to write Docker Hub in a reference; its API host is not, it stands for itself. */
export function isDockerHub(domain: string): boolean {
  return domain === dockerHub || domain === indexHost;
}

/** The one name under which a host's credentials are compared: all of Docker Hub's names are one. */
export function credentialHost(host: string): string {
  return isDockerHub(host) || host === dockerHubApiHost ? dockerHub : host;
}

const hubHosts: readonly string[] = [dockerHub, indexHost, dockerHubApiHost, ...otherHosts];

/** Every name that a host goes by in references: Docker Hub has several. */
export function namesOfHost(host: string): readonly string[] {
  return hubHosts.includes(host) ? hubHosts : [host];
}
