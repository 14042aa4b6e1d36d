import { serviceOptions } from '../config/service-options.ts';
import { toRunnerError } from '../core/errors.ts';
import type { App } from '../app.ts';
import type { Command } from './command.ts';
import type { CommandIo } from './command-io.ts';
import { startSmall } from './small-start.ts';
import { type CommandFlags, readCommandFlags } from './service-flags.ts';

/** Runs the service until SIGTERM or SIGINT; a second signal skips the waiting. */
export const serveCommand: Command = {
  usage: '[serve] [flags]',
  description:
    'Runs KRM functions for Porch and everyone else: gRPC on --port, metrics on port 9464 (OTEL_EXPORTER_PROMETHEUS_HOST and\n' +
    'OTEL_EXPORTER_PROMETHEUS_PORT move them, OTEL_METRICS_EXPORTER=none turns them off). SIGTERM stops it without losing a call.',
  options: serviceOptions,
  run: async (argv, io) => {
    const flags = readCommandFlags(
      [],
      argv,
      (positionals) => positionals.map((text) => `${JSON.stringify(text)} is no flag; serve takes only flags`),
      io.environment,
    );
    const app = await startSmall(async () => start(flags, io));
    if (app === undefined) return 1;
    await aborted(io.stop);
    await app.stop(io.hurry);
    return 0;
  },
};

/** Undefined when it cannot start; the log says why. */
async function start(
  { options, warnings }: CommandFlags<readonly []>,
  { environment, stderr }: CommandIo,
): Promise<App | undefined> {
  const [{ createApp }, { createJsonLog }, { routeLibraryLog }] = await Promise.all([
    import('../app.ts'),
    import('../observe/json-log.ts'),
    import('../grpc/library-log.ts'),
  ]);
  const log = createJsonLog(stderr, options.logLevel);
  routeLibraryLog(log);
  for (const warning of warnings) log.warn(warning);
  const app = createApp(options, { environment, log });
  try {
    await app.start();
    return app;
  } catch (thrown) {
    log.error('cannot start', { error: toRunnerError(thrown) });
    return undefined;
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}
