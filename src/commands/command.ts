import type { OptionRow } from '../config/option-row.ts';
import type { CommandIo, ExitCode } from './command-io.ts';

/** One command of the program, loaded when it is called. */
export interface Command {
  /** After the program's name, like `resolve IMAGE [flags]`. */
  readonly usage: string;
  /** What it does, in a few lines. */
  readonly description: string;
  /** Its flags, for `--help`. */
  readonly options: readonly OptionRow[];
  /** @throws {UsageError} */
  run(argv: readonly string[], io: CommandIo): Promise<ExitCode>;
}
