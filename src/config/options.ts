import { optionsFrom, parseFlags, type OptionFault } from './parse-flags.ts';
import { serviceOptions, type Options } from './service-options.ts';

export type { Options } from './service-options.ts';

/** A rule that looks at parsed options as a whole or with what other rooms know. Returns faults. */
export type OptionRule = (options: Options) => readonly OptionFault[];

/** The service's flags from a command line without program and command name; faults are returned, not thrown. */
export function parseServiceFlags(argv: readonly string[]): {
  readonly options: Options;
  readonly faults: readonly OptionFault[];
} {
  const flags = parseFlags(serviceOptions, argv);
  return { options: optionsFrom(serviceOptions, flags), faults: flags.faults };
}
