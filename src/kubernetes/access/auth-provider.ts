import type { Clock } from '../../core/clock.ts';
import { RunnerError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import { unlessAborted } from '../../core/unless-aborted.ts';
import type { AccessCredential } from './access-credential.ts';
import { objectAt, textAt } from '../object-meta.ts';
import { Renewed } from './renewed.ts';

const askAgainMs = 10_000;

/**
 * A kubeconfig user with an `auth-provider`, which only the whole Kubernetes client knows how to ask. It takes some 85 MB,
 * so it is loaded for such a user alone; programs of `exec` and service accounts do without.
 */
export class AuthProviderCredential implements AccessCredential {
  readonly clientCertificate = undefined;
  readonly #header: Renewed<Secret | undefined>;

  constructor(user: JsonObject, clock: Clock) {
    const ask = askerOf(user);
    // The provider keeps its token until it expires, and is asked often enough to notice.
    this.#header = new Renewed(async () => ({ value: await ask(), renewAtMs: clock.now() + askAgainMs }), clock);
  }

  async authorization(signal: AbortSignal): Promise<Secret | undefined> {
    return unlessAborted(this.#header.current(), signal);
  }

  refused(): void {
    this.#header.refuse();
  }
}

function askerOf(user: JsonObject): () => Promise<Secret | undefined> {
  const provider = objectAt(user, 'auth-provider');
  const name = textAt(provider, 'name');
  const cluster = { name: 'cluster', server: 'https://cluster.invalid', skipTLSVerify: false };
  let config: Promise<{ applyToHTTPSOptions(options: { headers: Record<string, string> }): Promise<void> }> | undefined;
  return async () => {
    config ??= import('@kubernetes/client-node/dist/config.js').then(({ KubeConfig }) => {
      const loaded = new KubeConfig();
      loaded.loadFromClusterAndUser(cluster, { name: 'user', authProvider: provider });
      return loaded;
    });
    const options: { headers: Record<string, string> } = { headers: {} };
    try {
      await (await config).applyToHTTPSOptions(options);
    } catch (thrown) {
      throw new RunnerError('CLUSTER_UNAVAILABLE', `the auth-provider ${name} of the kubeconfig gave no token`, {
        cause: thrown,
        hint: 'Log in anew by the tool that wrote the kubeconfig, or use an exec credential.',
      });
    }
    const header = options.headers['Authorization'];
    return header === undefined ? undefined : new Secret(header);
  };
}
