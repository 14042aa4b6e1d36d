import { RunnerError } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { safeText, withoutSecrets } from '../../core/safe-text.ts';

/** One challenge of a WWW-Authenticate header. The scheme and the parameters' names are lower case. */
export interface Challenge {
  readonly scheme: string;
  /** Of a name given twice, the first value. */
  readonly params: ReadonlyMap<string, string>;
}

export const challengeHint =
  'Have the registry, or the proxy before it, ask for a login by a Basic or Bearer challenge in WWW-Authenticate.';

const maxHeaderChars = 8192;
const maxChallenges = 16;
const maxShownChars = 200;

/**
 * Reads WWW-Authenticate (RFC 9110 section 11.6.1), one line or several, each with any number of challenges.
 * A scanner and not a regular expression, so hostile input costs linear time. Throws `AUTH_CHALLENGE` with the header's
 * beginning in it, but for `secrets`, which it may echo.
 */
export function parseChallenges(
  header: string | readonly string[],
  secrets: readonly Secret[] = [],
): readonly Challenge[] {
  const lines = typeof header === 'string' ? [header] : header;
  const chars = lines.reduce((sum, line) => sum + line.length, 0);
  if (chars > maxHeaderChars) throw unreadable(lines, secrets, `it has ${String(chars)} characters`);
  const challenges = lines.flatMap((line) => {
    try {
      return new ChallengeScanner(line).challenges();
    } catch (cause) {
      throw unreadable(lines, secrets, cause instanceof SyntaxError ? cause.message : 'it is malformed');
    }
  });
  if (challenges.length > maxChallenges) throw unreadable(lines, secrets, 'it has too many challenges');
  return challenges;
}

function unreadable(lines: readonly string[], secrets: readonly Secret[], reason: string): RunnerError {
  const shown = safeText(withoutSecrets(lines.join(', ').slice(0, 2 * maxHeaderChars), secrets), maxShownChars);
  return new RunnerError('AUTH_CHALLENGE', `cannot read the registry's WWW-Authenticate header, ${reason}: ${shown}`, {
    hint: challengeHint,
  });
}

class ChallengeScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  challenges(): readonly Challenge[] {
    const found: Challenge[] = [];
    this.#skip(' \t,');
    while (this.#at < this.#text.length) {
      found.push(this.#challenge());
      if (found.length > maxChallenges) this.#fail('the end: there are too many challenges');
      this.#skip(' \t,');
    }
    return found;
  }

  #challenge(): Challenge {
    const scheme = this.#token().toLowerCase();
    if (scheme === '') this.#fail('a scheme');
    const params = new Map<string, string>();
    if (!this.#ended() && !' \t'.includes(this.#char())) this.#fail('a space after the scheme');
    this.#skip(' \t');
    if (this.#ended() || this.#skipToken68()) return { scheme, params };
    do {
      const name = this.#token().toLowerCase();
      if (name === '') this.#fail('a parameter name');
      const value = this.#value();
      if (!params.has(name)) params.set(name, value);
      this.#skip(' \t');
      if (!this.#ended()) this.#fail('a comma');
      this.#skip(' \t,');
    } while (this.#paramAhead());
    return { scheme, params };
  }

  /** After `=` come a quoted string, a token, or a token with slashes, which some registries leave unquoted. */
  #value(): string {
    this.#skip(' \t');
    if (this.#char() !== '=') this.#fail('=');
    this.#at += 1;
    this.#skip(' \t');
    if (this.#char() === '"') return this.#quoted();
    const value = this.#run((char) => isTokenChar(char) || char === '/');
    if (value === '') this.#fail('a value');
    return value;
  }

  #quoted(): string {
    let value = '';
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#char();
      if (char === '"') {
        this.#at += 1;
        return value;
      }
      if (char === '\\') this.#at += 1;
      if (isControl(this.#char())) this.#fail('text without control characters');
      value += this.#char();
    }
    return this.#fail('a closing quote');
  }

  /** Negotiate and NTLM send one opaque value instead of parameters. */
  #skipToken68(): boolean {
    const start = this.#at;
    const text = this.#run((char) => isTokenChar(char) || char === '/');
    this.#skip('=');
    this.#skip(' \t');
    if (text !== '' && this.#ended()) return true;
    this.#at = start;
    return false;
  }

  #paramAhead(): boolean {
    const start = this.#at;
    const name = this.#token();
    this.#skip(' \t');
    const ahead = name !== '' && this.#char() === '=';
    this.#at = start;
    return ahead;
  }

  #token(): string {
    return this.#run(isTokenChar);
  }

  #run(belongs: (char: string) => boolean): string {
    const start = this.#at;
    while (this.#at < this.#text.length && belongs(this.#char())) this.#at += 1;
    return this.#text.slice(start, this.#at);
  }

  #skip(chars: string): void {
    while (this.#at < this.#text.length && chars.includes(this.#char())) this.#at += 1;
  }

  #ended(): boolean {
    return this.#at >= this.#text.length || this.#char() === ',';
  }

  #char(): string {
    return this.#text.charAt(this.#at);
  }

  #fail(wanted: string): never {
    throw new SyntaxError(`character ${String(this.#at + 1)} should be ${wanted}`);
  }
}

/** RFC 9110 section 5.6.2. */
function isTokenChar(char: string): boolean {
  return (
    (char >= 'a' && char <= 'z') ||
    (char >= 'A' && char <= 'Z') ||
    (char >= '0' && char <= '9') ||
    (char !== '' && "!#$%&'*+-.^_`|~".includes(char))
  );
}

function isControl(char: string): boolean {
  return char !== '' && ((char < ' ' && char !== '\t') || char === '\u007f');
}
