import { createHash } from 'node:crypto';
import { compare, hash } from 'bcryptjs';

/** Rounds of bcrypt: few, so that a request costs a millisecond or two. The registry lives on loopback for a minute. */
const bcryptRounds = 4;

/** Who may come in, as an htpasswd file says it: `name:bcrypt hash` a line. */
export class Users {
  readonly #hashes: ReadonlyMap<string, string>;
  /** Digests of headers that were right: bcrypt is slow on purpose, and every request carries the header. */
  readonly #accepted = new Map<string, string>();

  constructor(file: string) {
    const lines = file.split('\n').filter((line) => line.includes(':') && !line.startsWith('#'));
    this.#hashes = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    );
  }

  /** The user's name if the `Authorization` header is a right one. */
  async authenticate(authorization: string | undefined): Promise<string | undefined> {
    const [, encoded] = /^basic +([a-z0-9+/=_-]+)$/i.exec(authorization ?? '') ?? [];
    if (encoded === undefined) return undefined;
    const key = createHash('sha256').update(encoded).digest('hex');
    const before = this.#accepted.get(key);
    if (before !== undefined) return before;
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = text.indexOf(':'); // the password may have more of them
    const name = text.slice(0, Math.max(0, colon));
    const expected = this.#hashes.get(name);
    if (expected === undefined || !(await compare(text.slice(colon + 1), expected))) return undefined;
    this.#accepted.set(key, name);
    return name;
  }
}

/** The text of an htpasswd file for these names and passwords. */
export async function htpasswd(users: Readonly<Record<string, string>>): Promise<string> {
  const lines = Object.entries(users).map(
    async ([name, password]) => `${name}:${await hash(password, bcryptRounds)}\n`,
  );
  return (await Promise.all(lines)).join('');
}
