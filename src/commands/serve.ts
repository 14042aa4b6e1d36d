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
    if (app === undefined) return io.stop.aborted ? 0 : 1;
    await aborted(io.stop);
    await app.stop(io.hurry);
    return 0;
  },
};

/** Undefined when it cannot start, and the log says why, or is stopped before it has. */
async function start(
  { options, warnings }: CommandFlags<readonly []>,
  { environment, stderr, stop, hurry }: CommandIo,
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
  const started = new AbortController();
  const stopped = aborted(AbortSignal.any([stop, started.signal])).then(async () => {
    if (!started.signal.aborted) await app.stop(hurry);
  });
  try {
    await app.start();
    return app;
  } catch (thrown) {
    if (!stop.aborted) log.error('cannot start', { error: toRunnerError(thrown) });
    return undefined;
  } finally {
    started.abort();
    await stopped;
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}
