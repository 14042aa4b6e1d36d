/** What a flag's text is turned into. */
type OptionKind = 'string' | 'integer' | 'bytes' | 'boolean' | 'duration' | 'choice' | 'list';

/** One row of a table of flags; parser, `--help` and docs/flags.md are made from it. */
export interface OptionRow {
  /** Without dashes. */
  readonly name: string;
  /** One letter that may stand for the name. */
  readonly short?: string;
  /** Other names that mean the same. */
  readonly aliases?: readonly string[];
  readonly kind: OptionKind;
  /** As it would be typed on the command line. */
  readonly default: string;
  /** One sentence or more, without the default. */
  readonly help: string;
  readonly group: string;
  /** Inclusive, in the unit of the parsed value: milliseconds for a duration. */
  readonly min?: number;
  readonly max?: number;
  /** Allowed values of a `choice`, or of each part of a `list`. */
  readonly choices?: readonly string[];
  /** A `list` that is given one value at a time, commas included. */
  readonly repeatable?: boolean;
}

/** A duration is in milliseconds. */
export type OptionValue = string | number | boolean | readonly string[];

type Camel<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S;

/** `--pod-ttl` of kind duration is `podTtlMs`. */
type KeyOf<Row extends OptionRow> = Row extends { readonly kind: 'duration' }
  ? `${Camel<Row['name']>}Ms`
  : Camel<Row['name']>;

type ValueOf<Row extends OptionRow> = Row extends { readonly kind: 'boolean' }
  ? boolean
  : Row extends { readonly kind: 'integer' | 'bytes' | 'duration' }
    ? number
    : Row extends { readonly kind: 'choice'; readonly choices: readonly (infer Choice)[] }
      ? Choice
      : Row extends { readonly kind: 'list'; readonly choices: readonly (infer Choice)[] }
        ? readonly Choice[]
        : Row extends { readonly kind: 'list' }
          ? readonly string[]
          : string;

/** The object that a table of flags is parsed into: one key per row. */
export type OptionsOf<Table extends readonly OptionRow[]> = {
  readonly [Row in Table[number] as KeyOf<Row>]: ValueOf<Row>;
};

export function keyOf(row: OptionRow): string {
  const camel = row.name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return row.kind === 'duration' ? `${camel}Ms` : camel;
}
