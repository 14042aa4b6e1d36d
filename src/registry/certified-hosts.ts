import type { Reference } from '../image/reference.ts';
import { withTls } from './endpoint.ts';
import type { RegistryHosts } from './mirrors/host-line.ts';
import type { RegistryHost } from './registry-host.ts';
import type { KeyedCertificate } from './trust/client-certificate.ts';
import { withClientCertificate } from './trust/host-tls.ts';

/** The same hosts, of which the registry itself is shown our certificate where it asks for one. */
export class CertifiedHosts implements RegistryHosts {
  readonly #hosts: RegistryHosts;
  readonly #certificate: { current(): Promise<KeyedCertificate> };

  constructor(hosts: RegistryHosts, certificate: { current(): Promise<KeyedCertificate> }) {
    this.#hosts = hosts;
    this.#certificate = certificate;
  }

  async hostsOf(registry: Pick<Reference, 'domain' | 'apiHost'>): Promise<readonly RegistryHost[]> {
    const [hosts, certificate] = await Promise.all([this.#hosts.hostsOf(registry), this.#certificate.current()]);
    return hosts.map((host) => (host.identity === 'origin' ? certified(host, certificate) : host));
  }
}

function certified(host: RegistryHost, certificate: KeyedCertificate): RegistryHost {
  return { ...host, endpoint: withTls(host.endpoint, withClientCertificate(host.endpoint.tls, certificate)) };
}
