import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './program.ts';
import { tempFolder } from './temp-folder.ts';

/** A password store (https://www.passwordstore.org) with a GPG key of its own, as docker-credential-pass uses it. */
export interface PasswordStore {
  /** What gpg and pass need to find it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Has docker-credential-pass keep a login, as `docker login` does. */
  keep(server: string, username: string, secret: string): Promise<void>;
  /** Ends the agent that gpg has started, too. */
  remove(): Promise<void>;
}

const owner = 'Password store <store@example.com>';

export async function passwordStore(): Promise<PasswordStore> {
  const folder = await tempFolder('pass');
  const environment = { GNUPGHOME: join(folder.path, 'gnupg'), PASSWORD_STORE_DIR: join(folder.path, 'store') };
  const run = async (program: string, args: readonly string[], input = ''): Promise<void> => {
    const { exitCode, stdout, stderr } = await runProgram(program, args, { env: environment, input });
    if (exitCode !== 0) throw new Error(`${program} failed: ${stdout}${stderr}`);
  };
  await mkdir(environment.GNUPGHOME);
  await chmod(environment.GNUPGHOME, 0o700);
  await run('gpg', [
    '--batch',
    '--quiet',
    '--passphrase',
    '',
    '--quick-generate-key',
    owner,
    'default',
    'default',
    'never',
  ]);
  await run('pass', ['init', owner]);
  return {
    environment,
    keep: async (server, username, secret) => {
      const login = JSON.stringify({ ServerURL: server, Username: username, Secret: secret });
      await run('docker-credential-pass', ['store'], login);
    },
    remove: async () => {
      await run('gpgconf', ['--kill', 'gpg-agent']);
      await folder.remove();
    },
  };
}
