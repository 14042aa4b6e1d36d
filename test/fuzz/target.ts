import { RunnerError, type ErrorCode } from '../../src/core/errors.ts';
import type { Seeds } from './mutate.ts';

/** A parser to be fed. */
export interface Target extends Seeds {
  readonly name: string;
  /** Corpus entries are JSON: change values too, not only bytes. */
  readonly isJson?: true;
  /** Codes that its errors may have. */
  readonly codes: readonly ErrorCode[];
  /** Throws what the parser throws; may throw more when what it accepted makes no sense. */
  parse(input: Buffer): unknown;
}

/** `accepted`, the code of a clean error, or what is wrong with the way it failed. */
type Verdict = { readonly outcome: string } | { readonly fault: string };

const maxMessageChars = 8192;

/** How a target takes one input. Never throws. */
export async function judge(target: Target, input: Buffer): Promise<Verdict> {
  try {
    await target.parse(input);
    return { outcome: 'accepted' };
  } catch (error) {
    if (!(error instanceof RunnerError)) return { fault: `threw ${String(error)}` };
    if (!target.codes.includes(error.code)) return { fault: `code ${error.code}: ${error.message}` };
    if (/\p{Cc}/u.test(error.message)) return { fault: `control characters in the message of ${error.code}` };
    if (error.message.length > maxMessageChars)
      return { fault: `a message of ${String(error.message.length)} characters` };
    return { outcome: error.code };
  }
}

export function texts(...list: readonly string[]): readonly Buffer[] {
  return list.map((text) => Buffer.from(text));
}
