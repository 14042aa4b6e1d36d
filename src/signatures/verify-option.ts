import { RunnerError } from '../core/errors.ts';
import { ImagePattern } from '../image/image-pattern.ts';
import { quoteInput } from '../image/quote.ts';

/** One `--verify-images`: which images, and the files of the keys that may have signed them. */
export interface VerifyOption {
  /** Undefined for every image. */
  readonly pattern: ImagePattern | undefined;
  /** At least one. */
  readonly files: readonly string[];
}

/**
 * Reads `[PATTERN=]KEY.pem[,KEY.pem…]`. No pattern, or `*`, is every image. Looks at no file.
 *
 * @throws RunnerError `CFG_OPTION`
 */
export function parseVerifyOption(text: string): VerifyOption {
  const equals = text.indexOf('=');
  const files = text.slice(equals + 1).split(',');
  if (files.includes('')) throw fault(text, 'names a key file without a name; write [PATTERN=]KEY.pem[,KEY.pem...]');
  const pattern = text.slice(0, Math.max(equals, 0));
  if (pattern === '' || pattern === '*') return { pattern: undefined, files };
  const parsed = ImagePattern.parse(pattern);
  if ('fault' in parsed) throw fault(pattern, `${parsed.fault}; a file with = in its name is written =KEY.pem`);
  return { pattern: parsed, files };
}

function fault(text: string, problem: string): RunnerError {
  return new RunnerError('CFG_OPTION', `--verify-images: ${quoteInput(text)} ${problem}`);
}
