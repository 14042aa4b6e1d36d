import { serviceOptions } from '../config/service-options.ts';
import { toRunnerError } from '../core/errors.ts';
import type { Command } from './command.ts';
import { readCommandFlags } from './service-flags.ts';

/** Runs the service until SIGTERM or SIGINT; a second signal skips the waiting. */
export const serveCommand: Command = {
  usage: '[serve] [flags]',
  description:
    'Runs KRM functions for Porch and everyone else: gRPC on --port, metrics on port 9464 (OTEL_EXPORTER_PROMETHEUS_HOST and\n' +
    'OTEL_EXPORTER_PROMETHEUS_PORT move them, OTEL_METRICS_EXPORTER=none turns them off). SIGTERM stops it without losing a call.',
  options: serviceOptions,
  run: async (argv, io) => {
    const flags = readCommandFlags([], argv, (positionals) =>
      positionals.map((text) => `${JSON.stringify(text)} is no flag; serve takes only flags`),
    );
    const [{ createApp }, { createJsonLog }] = await Promise.all([
      import('../app.ts'),
      import('../observe/json-log.ts'),
    ]);
    const log = createJsonLog(io.stderr, flags.options.logLevel);
    for (const warning of flags.warnings) log.warn(warning);
    const app = createApp(flags.options, { environment: io.environment, log });
    try {
      await app.start();
    } catch (thrown) {
      log.error('cannot start', { error: toRunnerError(thrown) });
      return 1;
    }
    await aborted(io.stop);
    await app.stop(io.hurry);
    return 0;
  },
};

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
}
