import { readFile } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { RunnerError } from '../../core/errors.ts';
import { Secret } from '../../core/secret.ts';
import type { AccessCredential } from './access-credential.ts';
import { Renewed } from './renewed.ts';

/** The kubelet renews a token at 80 % of its life, which is ten minutes at least. */
const rereadMs = 60_000;

/** A bearer token in a file that is replaced while we run, as the kubelet does with a service account's. */
export class TokenFile implements AccessCredential {
  readonly clientCertificate = undefined;
  readonly #header: Renewed<Secret>;

  constructor(path: string, clock: Clock) {
    this.#header = new Renewed(
      async () => ({ value: await readHeader(path), renewAtMs: clock.now() + rereadMs }),
      clock,
    );
  }

  async authorization(): Promise<Secret> {
    return this.#header.current();
  }

  refused(): void {
    this.#header.refuse();
  }
}

async function readHeader(path: string): Promise<Secret> {
  let token: string;
  try {
    token = (await readFile(path, 'utf8')).trim();
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
    throw fault(path, `cannot be read (${code})`);
  }
  if (!/^[\x21-\x7e]+$/.test(token)) throw fault(path, 'holds no token');
  return new Secret(`Bearer ${token}`);
}

function fault(path: string, problem: string): RunnerError {
  return new RunnerError('CLUSTER_UNAVAILABLE', `the token file ${path} ${problem}`, {
    file: path,
    hint: 'Check that the service account token is mounted, or the tokenFile of the kubeconfig.',
  });
}
