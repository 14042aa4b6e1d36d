import type { OptionFault } from '../config/parse-flags.ts';

/** A command line that cannot be used: all that is wrong with it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly faults: readonly OptionFault[];

  constructor(faults: readonly OptionFault[]) {
    super(faults.map((fault) => fault.message).join('\n'));
    this.faults = faults;
  }
}

/** A fault of something that is no flag. */
export function argumentFault(message: string): OptionFault {
  return { flag: 'argument', message };
}
