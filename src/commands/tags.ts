import { serviceOptions } from '../config/service-options.ts';
import { withTimeout } from '../core/abort.ts';
import type { Attempt, ConnectionStep } from '../core/attempt.ts';
import { noCounters } from '../core/counters.ts';
import type { Command } from './command.ts';
import type { CommandIo } from './command-io.ts';
import { commandLog } from './command-log.ts';
import { outputJson, outputOption, printFailure } from './output-option.ts';
import { type CommandFlags, readCommandFlags } from './service-flags.ts';

type Flags = CommandFlags<typeof outputOption>;

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
  options: [...outputOption, ...serviceOptions.filter((row) => ['Registries', 'Service'].includes(row.group))],
  run: async (argv, io) => {
    const flags = readCommandFlags(
      outputOption,
      argv,
      ({ length }) => (length === 1 ? [] : [`tags needs one IMAGE, ${String(length)} are given`]),
      io.environment,
    );
    try {
      const listing = await list(flags, io);
      if (flags.own.output === 'json') io.stdout.write(outputJson(listing));
      else print(listing, io);
      return 0;
    } catch (thrown) {
      return printFailure(thrown, flags.own.output, io);
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
