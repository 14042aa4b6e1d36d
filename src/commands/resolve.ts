import type { OptionRow } from '../config/option-row.ts';
import { serviceOptions } from '../config/service-options.ts';
import { noCounters } from '../core/counters.ts';
import type { Resolved } from '../resolver/resolution.ts';
import type { Command } from './command.ts';
import type { CommandIo, ExitCode } from './command-io.ts';
import { commandLog } from './command-log.ts';
import { failureText } from './failure-text.ts';
import { resolutionJson, resolutionText } from './resolution-output.ts';
import { shownFailure } from './shown-failure.ts';
import { type CommandFlags, readCommandFlags } from './service-flags.ts';

const ownOptions = [
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

type Flags = CommandFlags<typeof ownOptions>;

/** Prints what an image name means. */
export const resolveCommand: Command = {
  usage: 'resolve IMAGE [flags]',
  description:
    'Finds an image in its registry as the service does and prints digests, platforms, command, how the connection was secured\n' +
    'and which credential was taken (never its value). Takes the flags of the service. Exit code 1 when the image is not found.',
  options: [...ownOptions, ...serviceOptions.filter((row) => ['Registries', 'Service'].includes(row.group))],
  run: async (argv, io) => {
    const flags = readCommandFlags(ownOptions, argv, ({ length }) =>
      length === 1 ? [] : [`resolve needs one IMAGE, ${String(length)} are given`],
    );
    try {
      const resolved = await resolve(flags, io);
      io.stdout.write(flags.own.output === 'json' ? json(resolutionJson(resolved)) : resolutionText(resolved, io));
      return 0;
    } catch (thrown) {
      return fail(thrown, flags, io);
    }
  },
};

async function resolve({ options, given, positionals, warnings }: Flags, io: CommandIo): Promise<Resolved> {
  const [image = ''] = positionals;
  const { environment } = io;
  const log = await commandLog(io, given, options.logLevel);
  for (const warning of warnings) log.warn(warning);
  const { wireResolver } = await import('../wire-resolver.ts');
  const wired = await wireResolver(options, { environment, log, counters: noCounters, overrides: {} });
  try {
    return await wired.resolver.resolve(image, { signal: io.stop });
  } finally {
    await wired.close();
  }
}

function fail(thrown: unknown, { own }: Flags, io: CommandIo): ExitCode {
  if (own.output === 'json') io.stdout.write(json({ error: shownFailure(thrown) }));
  else io.stderr.write(failureText(thrown, io));
  return 1;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
