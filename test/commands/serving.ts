import { resolve } from 'node:path';
import { type Daemon, startDaemon } from '../support/daemon.ts';

export interface ServingProcess extends Daemon {
  /** `host:port` of the gRPC service. */
  readonly address: string;
  /** `host:port` of `/metrics`; empty when there is none. */
  readonly metricsAddress: string;
}

const flags = ['--port=0', '--bind-address=127.0.0.1', '--runtime=local'];

/** Starts `function-runner` as a process of its own and waits until it serves. */
export async function startServing(
  more: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<ServingProcess> {
  const daemon = startDaemon(process.execPath, [resolve('src/main.ts'), ...flags, ...more], {
    env: { OTEL_EXPORTER_PROMETHEUS_PORT: '0', ...env },
  });
  const line = await daemon.line(/"msg":"serving"/);
  const [, address = ''] = /"address":"([^"]+)"/.exec(line) ?? [];
  const [, metricsAddress = ''] = /"metrics":"([^"]+)"/.exec(line) ?? [];
  return { ...daemon, address, metricsAddress };
}
