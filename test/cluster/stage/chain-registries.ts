import { createAuthority } from '../../../examples/registry/certificates.ts';
import { type DockerRegistry, startDockerRegistry } from '../../support/docker-registry.ts';
import { mountSecret } from '../../support/mounted-secret.ts';
import { pushCopies } from './copies.ts';

/** Registries that ask for no login, one for each further step of the TLS chain. */
export interface ChainRegistries {
  /** By an authority in `rootsFile`. */
  readonly known: DockerRegistry;
  /** Without TLS. */
  readonly plain: DockerRegistry;
  /** By an authority that nobody knows. */
  readonly strange: DockerRegistry;
  /** PEM. */
  readonly rootsFile: string;
  stop(): Promise<void>;
}

/** @param name of a function in those that are reached */
export async function startChainRegistries(name: string): Promise<ChainRegistries> {
  const [company, other] = [await createAuthority({ name: 'Known CA' }), await createAuthority({ name: 'Other CA' })];
  const known = await startDockerRegistry({ tls: await company.issue({ ipAddresses: ['127.0.0.1'] }) });
  const strange = await startDockerRegistry({ tls: await other.issue({ ipAddresses: ['127.0.0.1'] }) });
  const plain = await startDockerRegistry();
  await pushCopies([name], { authority: known.authority, caPem: company.certificatePem });
  await pushCopies([name], { authority: plain.authority });
  const roots = await mountSecret({ 'roots.pem': company.certificatePem });
  return {
    known,
    plain,
    strange,
    rootsFile: roots.file('roots.pem'),
    stop: async () => {
      await roots.remove();
      for (const registry of [known, plain, strange]) await registry.stop();
    },
  };
}
