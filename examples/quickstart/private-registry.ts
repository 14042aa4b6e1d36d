import { join } from 'node:path';
import { createAuthority } from '../registry/certificates.ts';
import { pushImage } from '../registry/push.ts';
import { startRegistry } from '../registry/registry.ts';
import { buildFunctionImage } from './function-image.ts';
import { dockerConfigJson, mountSecret } from './mounted-secrets.ts';
import type { Scene } from './scene.ts';

const username = 'porch';
const password = 'pass:with:colons';
const repository = 'functions/set-namespace';
const mebibyte = 1024 * 1024;

/** A private registry with a function in it, and what the service needs to get in. */
export interface PrivateRegistry {
  /** `host:port/repository:tag` */
  readonly image: string;
  /** The service's flags for this registry. */
  readonly flags: readonly string[];
  /** How many requests it has answered so far. */
  requestCount(): number;
}

/** Starts the registry, pushes the function's image, and mounts the secrets: three steps of the story. */
export async function preparePrivateRegistry({ narrator, folder, cleanup }: Scene): Promise<PrivateRegistry> {
  const authority = await createAuthority({ name: 'Quickstart CA' });
  const tls = await authority.issue({ dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] });
  const users = { [username]: password };
  const registry = await startRegistry({ tls, users, dataDir: join(folder, 'registry') });
  cleanup.defer(async () => registry.stop());
  narrator.step(`Registry: https://${registry.address}, with a certificate of its own authority`);
  narrator.more(`and htpasswd: user ${username}, a password with colons in it`);

  const { image, libraries, bytes } = await buildFunctionImage();
  const name = `${registry.address}/${repository}:v1`;
  const options = { ca: authority.certificatePem, auth: { username, password } };
  const digest = await pushImage(registry.address, repository, 'v1', image, options);
  narrator.step(`Function: examples/set-namespace, pushed as ${name}`);
  narrator.more(
    `node ${process.version}, ${String(libraries)} libraries and the function, ${String(Math.round(bytes / mebibyte))} MiB`,
  );
  narrator.more(digest);

  const secret = join(folder, 'auth-secret');
  const certificates = join(folder, 'tls-secret');
  await mountSecret(secret, { '.dockerconfigjson': dockerConfigJson(registry.address, username, password) });
  await mountSecret(certificates, { 'ca.crt': authority.certificatePem });
  const flags = [
    '--enable-private-registries',
    `--registry-auth-secret-path=${join(secret, '.dockerconfigjson')}`,
    '--enable-private-registries-tls',
    `--tls-secret-path=${certificates}`,
  ];
  narrator.step('Secrets: laid out as Kubernetes mounts them');
  narrator.more(join(secret, '.dockerconfigjson'), join(certificates, 'ca.crt'));
  return { image: name, flags, requestCount: () => registry.requests.length };
}
