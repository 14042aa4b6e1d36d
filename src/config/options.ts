import { parseFlags, type OptionFault, type ParsedFlags } from './parse-flags.ts';
import { serviceOptions, type Options } from './service-options.ts';

export type { Options } from './service-options.ts';

/** A rule that looks at parsed options; `given` are the names of the flags on the command line. Returns faults. */
export type OptionRule = (options: Options, given: ReadonlySet<string>) => readonly OptionFault[];

/** Reads the flags of the service from a command line without program and command name. */
export function parseServiceFlags(argv: readonly string[]): ParsedFlags<typeof serviceOptions> {
  return parseFlags(serviceOptions, argv);
}
