import type { OptionRow } from '../config/option-row.ts';
import type { CommandIo, ExitCode } from './command-io.ts';
import { failureText } from './failure-text.ts';
import { shownFailure } from './shown-failure.ts';

/** `--output` of commands that answer a person or a program. */
export const outputOption = [
  {
    name: 'output',
    short: 'o',
    kind: 'choice',
    choices: ['text', 'json'],
    default: 'text',
    group: 'Output',
    help: 'json prints one object on stdout, for a failure too.',
  },
] as const satisfies readonly OptionRow[];

/** The object of `--output json`. */
export function outputJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Says why there is no answer. */
export function printFailure(thrown: unknown, output: 'text' | 'json', io: CommandIo): ExitCode {
  if (output === 'json') io.stdout.write(outputJson({ error: shownFailure(thrown) }));
  else io.stderr.write(failureText(thrown, io));
  return 1;
}
