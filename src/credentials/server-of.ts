import { credentialHost, dockerHub } from '../image/docker-hub.ts';

/** What everybody knows Docker Hub by (registry-behaviour CH9). */
const dockerHubServer = 'https://index.docker.io/v1/';

/** A registry as helpers are asked about it, and as it is written into docker configs. */
export function serverOf(domain: string): string {
  return credentialHost(domain) === dockerHub ? dockerHubServer : domain;
}
