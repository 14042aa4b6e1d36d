import { readFile } from 'node:fs/promises';
import { canaries } from './canaries.ts';
import { leakingLines } from './leaks.ts';

/** What a service under test was told that it may not tell. */
export interface GivenSecrets {
  /** To be called before the service stops: a rotated credentials file is read again. Throws when a secret was shown. */
  check(shown: readonly string[]): Promise<void>;
}

/** A word in lower case is found in messages by chance. */
const plainWord = /^[a-z]{1,16}$/u;

/** Finds the secrets of a service in its credentials file and its proxy variables; every canary counts as one too. */
export async function givenSecrets(
  credentialsFile: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<GivenSecrets> {
  const atStart = await secretsInFile(credentialsFile);
  const fromProxies = Object.entries(environment).flatMap(([name, value]) =>
    name.toLowerCase().endsWith('_proxy') ? proxyPassword(value ?? '') : [],
  );
  return {
    check: async (shown) => {
      const all = [...atStart, ...(await secretsInFile(credentialsFile)), ...fromProxies, ...Object.values(canaries)];
      const secrets = all.filter((secret) => !plainWord.test(secret));
      const lines = leakingLines(shown.join('\n'), secrets);
      if (lines.length > 0) throw new Error(`secrets are shown:\n${lines.join('\n')}`);
    },
  };
}

async function secretsInFile(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  try {
    const document: unknown = JSON.parse(text);
    return secretsOf(document);
  } catch {
    return [];
  }
}

function secretsOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const members = Object.entries(value).map(([key, member]): readonly [string, unknown] => [key, member]);
  return members.flatMap(([key, member]) => {
    if (typeof member !== 'string') return secretsOf(member);
    if (key === 'auth') return [member, decodedPassword(member)];
    return ['password', 'identitytoken', 'registrytoken'].includes(key) ? [member] : [];
  });
}

function decodedPassword(auth: string): string {
  const decoded = Buffer.from(auth, 'base64').toString();
  return decoded.slice(decoded.indexOf(':') + 1);
}

function proxyPassword(proxy: string): readonly string[] {
  const [, password] = /^[a-z]+:\/\/[^:@/]*:([^@/]*)@/u.exec(proxy) ?? [];
  return password === undefined ? [] : [password];
}
