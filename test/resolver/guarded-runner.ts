import { createAuthority } from '../../examples/registry/certificates.ts';
import type { Image, ImageIndex } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { startRegistry } from '../../examples/registry/registry.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import { dockerConfigJson, mountSecret, type MountedSecret } from '../support/mounted-secret.ts';
import { startService, type TestService } from '../support/service.ts';
import { ManualClock } from './manual-clock.ts';

const login = { username: 'robot$runner', password: 'a:b::c$"é' };

/** `METHOD path status` */
type RequestLine = string;

/** A registry over TLS of a private CA that lets one user in, whichever program it is. */
export interface GuardedRegistry {
  /** `host:port` */
  readonly authority: string;
  readonly caPem: string;
  /** Requests since this was last asked, pushes left out. */
  takeRequests(): Promise<readonly RequestLine[]>;
  push(repository: string, tag: string | undefined, image: Image | ImageIndex): Promise<string>;
  stop(): Promise<void>;
}

export type RegistryKind = 'the example registry' | 'docker-registry';

export async function startGuardedRegistry(kind: RegistryKind): Promise<GuardedRegistry> {
  const ca = await createAuthority({ name: 'Company CA' });
  const tls = await ca.issue({ ipAddresses: ['127.0.0.1'] });
  const started = await starters[kind](tls);
  let seen = 0;
  return {
    authority: started.authority,
    caPem: ca.certificatePem,
    takeRequests: async () => {
      const lines = await started.lines();
      const since = lines.slice(seen);
      seen = lines.length;
      return since;
    },
    push: async (repository, tag, image) => {
      const options = { auth: login, ca: ca.certificatePem };
      const digest = await pushImage(started.authority, repository, tag, image, options);
      seen = (await started.lines()).length;
      return digest;
    },
    stop: async () => started.stop(),
  };
}

interface Started {
  readonly authority: string;
  lines(): Promise<readonly RequestLine[]>;
  stop(): Promise<void>;
}

const users = { [login.username]: login.password };
const starters: Readonly<Record<RegistryKind, (tls: { certificatePem: string; keyPem: string }) => Promise<Started>>> =
  {
    'the example registry': async (tls) => {
      const registry = await startRegistry({ tls, users });
      return {
        authority: registry.address,
        lines: async () => Promise.resolve(registry.requests.map(requestLine)),
        stop: async () => registry.stop(),
      };
    },
    'docker-registry': async (tls) => {
      const registry = await startDockerRegistry({ tls, users });
      return {
        authority: registry.authority,
        lines: async () => (await registry.accessLog()).map(requestLine),
        stop: async () => registry.stop(),
      };
    },
  };

function requestLine(line: { readonly method: string; readonly path: string; readonly status: number }): RequestLine {
  return `${line.method} ${line.path} ${String(line.status)}`;
}

/** The service with a registry's CA and login mounted as secrets, and a clock that stands still. */
export interface GuardedRunner {
  readonly service: TestService;
  readonly clock: ManualClock;
  readonly credentials: MountedSecret;
  /** Puts another password into the mounted file. */
  rotate(password: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startRunner(
  registry: Pick<GuardedRegistry, 'authority' | 'caPem'>,
  options: { readonly password?: string; readonly flags?: readonly string[] } = {},
): Promise<GuardedRunner> {
  const file = '.dockerconfigjson';
  const contents = (password: string): Record<string, string> => ({
    [file]: dockerConfigJson({ [registry.authority]: `${login.username}:${password}` }),
  });
  const credentials = await mountSecret(contents(options.password ?? login.password));
  const tls = await mountSecret({ 'ca.crt': registry.caPem });
  const clock = new ManualClock(Date.now());
  const service = await startService({
    flags: [
      '--enable-private-registries',
      `--registry-auth-secret-path=${credentials.file(file)}`,
      '--enable-private-registries-tls',
      `--tls-secret-path=${tls.path}`,
      '--image-platform=linux/amd64',
      ...(options.flags ?? []),
    ],
    overrides: { clock },
  });
  return {
    service,
    clock,
    credentials,
    rotate: async (password) => credentials.swap(contents(password)),
    stop: async () => {
      await service.stop();
      await credentials.remove();
      await tls.remove();
    },
  };
}
