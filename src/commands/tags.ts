import type { OptionRow } from '../config/option-row.ts';
import { serviceOptions } from '../config/service-options.ts';
import { withTimeout } from '../core/abort.ts';
import type { Attempt, ConnectionStep } from '../core/attempt.ts';
import { noCounters } from '../core/counters.ts';
import type { Command } from './command.ts';
import type { CommandIo, ExitCode } from './command-io.ts';
import { commandLog } from './command-log.ts';
import { failureText } from './failure-text.ts';
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

/** The object of `tags --output json`. */
interface Listing {
  readonly image: string;
  /** In the registry's order. */
  readonly tags: readonly string[];
  /** False where the registry has more than are listed. */
  readonly complete: boolean;
  readonly connection: ConnectionStep | undefined;
  readonly attempts: readonly Attempt[];
  readonly credential: string;
}

/** Prints which tags a repository has. */
export const tagsCommand: Command = {
  usage: 'tags IMAGE [flags]',
  description:
    'Prints the tags of the repository of IMAGE, one per line, as its registry lists them to the service: with its credentials\n' +
    'and trust. A tag or digest in IMAGE counts for nothing. Takes the flags of the service. Exit code 1 when there is no list.',
  options: [...ownOptions, ...serviceOptions.filter((row) => ['Registries', 'Service'].includes(row.group))],
  run: async (argv, io) => {
    const flags = readCommandFlags(ownOptions, argv, ({ length }) =>
      length === 1 ? [] : [`tags needs one IMAGE, ${String(length)} are given`],
    );
    try {
      const listing = await list(flags, io);
      if (flags.own.output === 'json') io.stdout.write(json(listing));
      else print(listing, io);
      return 0;
    } catch (thrown) {
      return fail(thrown, flags, io);
    }
  },
};

async function list({ options, given, positionals, warnings }: Flags, io: CommandIo): Promise<Listing> {
  const [image = ''] = positionals;
  const log = await commandLog(io, given, options.logLevel);
  for (const warning of warnings) log.warn(warning);
  const { wireResolver } = await import('../wire-resolver.ts');
  const surroundings = { environment: io.environment, log, counters: noCounters, overrides: {} };
  const wired = await wireResolver(options, surroundings);
  using bound = withTimeout(io.stop, options.resolveTimeoutMs, `listing the tags of ${image}`);
  try {
    const session = await wired.resolver.open(image, { signal: bound.signal });
    const found = await session.listTags(bound.signal);
    const { connection, attempts, credential } = session;
    return { image, ...found, connection, attempts, credential };
  } finally {
    await wired.close();
  }
}

function print({ tags, complete }: Listing, io: CommandIo): void {
  io.stdout.write(tags.map((tag) => `${tag}\n`).join(''));
  if (tags.length === 0) io.stderr.write('the repository has no tags\n');
  if (!complete) io.stderr.write(`the registry has more; these are the first ${String(tags.length)}\n`);
}

function fail(thrown: unknown, { own }: Flags, io: CommandIo): ExitCode {
  if (own.output === 'json') io.stdout.write(json({ error: shownFailure(thrown) }));
  else io.stderr.write(failureText(thrown, io));
  return 1;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
