/** The longest host name there is; nothing longer can be matched or has to be. */
const maxLength = 253;

interface CharacterClass {
  readonly negated: boolean;
  readonly ranges: readonly (readonly [string, string])[];
}

type Token =
  | { readonly kind: 'any-run' }
  | { readonly kind: 'any-one' }
  | { readonly kind: 'literal'; readonly character: string }
  | { readonly kind: 'class'; readonly characters: CharacterClass };

/**
 * A pattern for one label of a host name, in the language of Go's `filepath.Match`: `*`, `?`, `[a-z]`, `[^a-z]`, `\x`.
 * https://pkg.go.dev/path/filepath#Match
 */
export class Glob {
  readonly #tokens: readonly Token[];

  private constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** Undefined for a malformed pattern, or one that is longer than any host name. */
  static parse(pattern: string): Glob | undefined {
    if (pattern.length > maxLength) return undefined;
    const tokens: Token[] = [];
    for (let at = 0; at < pattern.length;) {
      const parsed = parseToken(pattern, at);
      if (parsed === undefined) return undefined;
      tokens.push(parsed.token);
      at = parsed.end;
    }
    return new Glob(tokens);
  }

  /** Whether it stands for one text only. */
  get isLiteral(): boolean {
    return this.#tokens.every((token) => token.kind === 'literal');
  }

  /** One way back is enough: a later `*` can take over whatever an earlier one would have tried. */
  matches(text: string): boolean {
    if (text.length > maxLength) return false;
    let token = 0;
    let at = 0;
    let retry: { token: number; at: number } | undefined;
    while (at < text.length || token < this.#tokens.length) {
      const next = this.#tokens[token];
      if (next?.kind === 'any-run') {
        retry = { token, at: at + 1 };
        token += 1;
      } else if (next !== undefined && at < text.length && matchesOne(next, text.charAt(at))) {
        token += 1;
        at += 1;
      } else if (retry !== undefined && retry.at <= text.length) {
        ({ token, at } = retry);
        retry = undefined;
      } else return false;
    }
    return true;
  }
}

function matchesOne(token: Token, character: string): boolean {
  switch (token.kind) {
    case 'any-run':
      return false;
    case 'any-one':
      return true;
    case 'literal':
      return token.character === character;
    case 'class':
      return (
        token.characters.ranges.some(([low, high]) => low <= character && character <= high) !==
        token.characters.negated
      );
  }
}

interface Parsed<T> {
  readonly token: T;
  readonly end: number;
}

function parseToken(pattern: string, at: number): Parsed<Token> | undefined {
  switch (pattern.charAt(at)) {
    case '*':
      return { token: { kind: 'any-run' }, end: at + 1 };
    case '?':
      return { token: { kind: 'any-one' }, end: at + 1 };
    case '[':
      return parseClass(pattern, at + 1);
    default: {
      const literal = parseCharacter(pattern, at);
      return literal && { token: { kind: 'literal', character: literal.token }, end: literal.end };
    }
  }
}

function parseClass(pattern: string, start: number): Parsed<Token> | undefined {
  const negated = pattern[start] === '^';
  const ranges: (readonly [string, string])[] = [];
  let at = negated ? start + 1 : start;
  while (pattern[at] !== ']' || ranges.length === 0) {
    const range = parseRange(pattern, at);
    if (range === undefined) return undefined;
    ranges.push(range.token);
    at = range.end;
  }
  return { token: { kind: 'class', characters: { negated, ranges } }, end: at + 1 };
}

function parseRange(pattern: string, at: number): Parsed<readonly [string, string]> | undefined {
  const low = parseClassCharacter(pattern, at);
  if (low === undefined) return undefined;
  if (pattern[low.end] !== '-') return { token: [low.token, low.token], end: low.end };
  const high = parseClassCharacter(pattern, low.end + 1);
  return high && { token: [low.token, high.token], end: high.end };
}

function parseClassCharacter(pattern: string, at: number): Parsed<string> | undefined {
  return pattern[at] === '-' || pattern[at] === ']' ? undefined : parseCharacter(pattern, at);
}

function parseCharacter(pattern: string, at: number): Parsed<string> | undefined {
  const end = pattern[at] === '\\' ? at + 1 : at;
  const character = pattern[end];
  return character === undefined ? undefined : { token: character, end: end + 1 };
}
