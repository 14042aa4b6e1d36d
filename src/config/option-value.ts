import { formatDuration, parseDuration } from './duration.ts';
import type { OptionRow, OptionValue } from './option-row.ts';

/** Either the value, or what would have been right. */
export type ParsedValue = { readonly value: OptionValue } | { readonly expected: string };

/** The words of Go's strconv.ParseBool. */
const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  True: true,
  TRUE: true,
  t: true,
  T: true,
  '1': true,
  false: false,
  False: false,
  FALSE: false,
  f: false,
  F: false,
  '0': false,
};

const bytesPerUnit: Readonly<Record<string, number>> = { '': 1, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** Reads the text of one flag by its row. */
export function parseOptionValue(row: OptionRow, text: string): ParsedValue {
  switch (row.kind) {
    case 'string':
      return { value: text };
    case 'boolean': {
      const value = Object.hasOwn(booleans, text) ? booleans[text] : undefined;
      return value === undefined ? { expected: 'true or false' } : { value };
    }
    case 'integer':
      return within(row, parseInteger(text), 'a whole number', String);
    case 'bytes':
      return within(row, parseBytes(text), 'a number of bytes, like 6291456 or 6Mi,', String);
    case 'duration':
      return within(row, parseDuration(text), 'a duration, like 500ms, 30s or 1h30m,', formatDuration);
    case 'choice':
      return row.choices?.includes(text) === true ? { value: text } : { expected: oneOf(row) };
    case 'list':
      return parseList(row, text);
  }
}

function parseInteger(text: string): number | undefined {
  if (!/^[+-]?(\d{1,15}|0[xX][\da-fA-F]{1,12})$/.test(text)) return undefined;
  return text.startsWith('-') ? -Number(text.slice(1)) : Number(text.replace('+', ''));
}

function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,15})(|Ki|Mi|Gi)B?$/.exec(text);
  const unit = bytesPerUnit[match?.[2] ?? ''];
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit;
}

function parseList(row: OptionRow, text: string): ParsedValue {
  if (row.repeatable === true) return { value: text === '' ? [] : [text] };
  const parts = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  // An empty text says "none", which for a list of what is allowed may be "all": commas alone are a slip.
  if (parts.length === 0 && text !== '') return { expected: 'a comma-separated list, or nothing' };
  const { choices } = row;
  if (choices !== undefined && parts.some((part) => !choices.includes(part))) {
    return { expected: `a comma-separated list of ${choices.join(', ')}` };
  }
  return { value: parts };
}

function within(
  row: OptionRow,
  value: number | undefined,
  what: string,
  print: (value: number) => string,
): ParsedValue {
  const { min = 0, max } = row;
  const expected =
    max === undefined ? `${what} of at least ${print(min)}` : `${what} from ${print(min)} to ${print(max)}`;
  if (value === undefined || value < min || (max !== undefined && value > max)) return { expected };
  return { value };
}

function oneOf(row: OptionRow): string {
  return `one of ${row.choices?.join(', ') ?? ''}`;
}
