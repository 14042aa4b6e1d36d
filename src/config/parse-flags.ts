import { nearest } from './nearest.ts';
import { keyOf, type OptionRow, type OptionsOf, type OptionValue } from './option-row.ts';
import { parseOptionValue } from './option-value.ts';

const maxShownChars = 200;

/** One thing that is wrong with a command line. */
export interface OptionFault {
  /** As typed, with its dashes, or `argument`. */
  readonly flag: string;
  /** One line: flag, value and what would be right. */
  readonly message: string;
}

export interface ParsedFlags {
  readonly values: ReadonlyMap<string, OptionValue>;
  /** Names of the flags that were on the command line. */
  readonly given: ReadonlySet<string>;
  readonly positionals: readonly string[];
  readonly faults: readonly OptionFault[];
}

/**
 * Reads Go-style flags: `-name=value`, `--name=value`, `--name value`, a bare boolean `--name`; `--` ends them.
 * Flags may stand before and after other arguments. Every fault is collected; a faulty flag keeps its default.
 */
export function parseFlags(table: readonly OptionRow[], argv: readonly string[]): ParsedFlags {
  const reader = new FlagReader(table);
  reader.read(argv);
  return reader;
}

/** The parsed values of one table's rows; the flags may have been parsed with a longer table. */
export function optionsFrom<const Table extends readonly OptionRow[]>(
  table: Table,
  flags: ParsedFlags,
): OptionsOf<Table> {
  const values = Object.fromEntries(table.map((row) => [keyOf(row), flags.values.get(keyOf(row))]));
  if (!isComplete(table, values)) throw new Error('a row of the option table has no valid default');
  return values;
}

class FlagReader implements ParsedFlags {
  readonly values = new Map<string, OptionValue>();
  readonly given = new Set<string>();
  readonly positionals: string[] = [];
  readonly faults: OptionFault[] = [];
  readonly #table: readonly OptionRow[];

  constructor(table: readonly OptionRow[]) {
    this.#table = table;
    for (const row of table) {
      const parsed = parseOptionValue(row, row.default);
      if ('value' in parsed) this.values.set(keyOf(row), parsed.value);
    }
  }

  read(argv: readonly string[]): void {
    for (let index = 0; index < argv.length; index += 1) {
      const argument = argv[index] ?? '';
      if (argument === '--') {
        this.positionals.push(...argv.slice(index + 1));
        return;
      }
      if (!argument.startsWith('-') || argument === '-') this.positionals.push(argument);
      else if (this.#flag(argument, argv[index + 1])) index += 1;
    }
  }

  /** Returns true when the next argument was this flag's value. */
  #flag(argument: string, next: string | undefined): boolean {
    const [, dashes = '', name = '', inline] = /^(--?)([^=]*)(?:=([\s\S]*))?$/.exec(argument) ?? [];
    const row = this.#table.find((candidate) => namesOf(candidate).includes(name));
    const flag = shown(dashes + name);
    if (row === undefined) return this.#unknown(flag, name, inline, next);
    if (inline !== undefined) this.#set(row, flag, inline);
    else if (row.kind === 'boolean') this.#set(row, flag, 'true');
    else if (next === undefined) this.faults.push({ flag, message: `${flag}: needs a value; ${describe(row)}` });
    else {
      this.#set(row, flag, next);
      return true;
    }
    return false;
  }

  #set(row: OptionRow, flag: string, text: string): void {
    const parsed = parseOptionValue(row, text);
    if ('expected' in parsed) {
      this.faults.push({ flag, message: `${flag}: ${JSON.stringify(shown(text))} is wrong; give ${parsed.expected}` });
      return;
    }
    const key = keyOf(row);
    const before = this.values.get(key);
    const joins = row.repeatable === true && this.given.has(row.name) && isList(before) && isList(parsed.value);
    this.values.set(key, joins ? [...before, ...parsed.value] : parsed.value);
    this.given.add(row.name);
  }

  /** Returns true when the next argument was probably meant as this flag's value, so that it is not a fault too. */
  #unknown(flag: string, name: string, inline: string | undefined, next: string | undefined): boolean {
    const names = this.#table.flatMap((row) => [row.name, ...(row.aliases ?? [])]);
    const suggestion = nearest(name, names);
    const advice = suggestion === undefined ? 'see --help' : `did you mean --${suggestion}?`;
    this.faults.push({ flag, message: `${flag}: no such flag; ${advice}` });
    const meant = this.#table.find((row) => suggestion !== undefined && namesOf(row).includes(suggestion));
    return meant !== undefined && meant.kind !== 'boolean' && inline === undefined && next?.startsWith('-') === false;
  }
}

function namesOf({ name, short, aliases = [] }: OptionRow): readonly string[] {
  return short === undefined ? [name, ...aliases] : [name, short, ...aliases];
}

function describe(row: OptionRow): string {
  const parsed = parseOptionValue(row, '');
  return 'expected' in parsed ? `give ${parsed.expected}` : `give it as --${row.name}=VALUE`;
}

function isList(value: OptionValue | undefined): value is readonly string[] {
  return typeof value === 'object';
}

/** A part of the command line, fit for one line of a message. */
function shown(text: string): string {
  const line = text.replaceAll(/\p{Cc}/gu, '?');
  return line.length > maxShownChars ? `${line.slice(0, maxShownChars)}…` : line;
}

function isComplete<Table extends readonly OptionRow[]>(
  table: Table,
  values: Readonly<Record<string, OptionValue | undefined>>,
): values is OptionsOf<Table> {
  return table.every((row) => values[keyOf(row)] !== undefined);
}
