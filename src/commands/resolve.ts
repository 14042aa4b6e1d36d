import type { Options } from '../config/options.ts';
import { serviceOptions } from '../config/service-options.ts';
import { noCounters } from '../core/counters.ts';
import { RunRegistries } from '../image/run-registries.ts';
import { pinnedImage } from '../pods/plan/image-name.ts';
import type { Resolution } from '../resolver/resolution.ts';
import type { Command } from './command.ts';
import type { CommandIo } from './command-io.ts';
import { commandLog } from './command-log.ts';
import { resolutionJson, resolutionText, type ShownResolution } from './resolution-output.ts';
import { outputJson, outputOption, printFailure } from './output-option.ts';
import { type CommandFlags, readCommandFlags } from './service-flags.ts';

type Flags = CommandFlags<typeof outputOption>;

/** Prints what an image name means. */
export const resolveCommand: Command = {
  usage: 'resolve IMAGE [flags]',
  description:
    'Finds an image in its registry as the service does and prints digests, platforms, command, how the connection was secured\n' +
    'and which credential was taken (never its value). Takes the flags of the service. Exit code 1 when the image is not found.',
  options: [...outputOption, ...serviceOptions.filter((row) => ['Registries', 'Service'].includes(row.group))],
  run: async (argv, io) => {
    const flags = readCommandFlags(
      outputOption,
      argv,
      ({ length }) => (length === 1 ? [] : [`resolve needs one IMAGE, ${String(length)} are given`]),
      io.environment,
    );
    try {
      const resolved = await resolve(flags, io);
      io.stdout.write(
        flags.own.output === 'json' ? outputJson(resolutionJson(resolved)) : resolutionText(resolved, io),
      );
      return 0;
    } catch (thrown) {
      return printFailure(thrown, flags.own.output, io);
    }
  },
};

async function resolve({ options, given, positionals, warnings }: Flags, io: CommandIo): Promise<ShownResolution> {
  const [image = ''] = positionals;
  const { environment } = io;
  const log = await commandLog(io, given, options.logLevel);
  for (const warning of warnings) log.warn(warning);
  const { wireResolver } = await import('../wire-resolver.ts');
  const wired = await wireResolver(options, { environment, log, counters: noCounters, overrides: {} });
  try {
    const resolved = await wired.resolver.resolve(image, { signal: io.stop });
    return { ...resolved, runsAs: runsAs(resolved.resolution, options) };
  } finally {
    await wired.close();
  }
}

function runsAs(resolution: Resolution, { runRegistry }: Options): string | undefined {
  const reference = RunRegistries.parse(runRegistry).toRun(resolution.reference);
  return reference === resolution.reference ? undefined : pinnedImage({ ...resolution, reference });
}
