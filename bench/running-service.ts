import { connect } from 'node:net';
import { once } from 'node:events';
import { RunnerClient } from '../src/rpc/client.ts';
import { startDaemon } from '../test/support/daemon.ts';
import { freePort } from '../test/support/free-port.ts';

export interface RunningService {
  readonly pid: number;
  readonly client: RunnerClient;
  /** From the start of the process until health said SERVING. */
  readonly servingAfterMs: number;
  stop(): Promise<void>;
}

/** Starts the compiled service as a process of its own, with `node` called directly. */
export async function startCompiled(
  program: string,
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningService> {
  const port = await freePort();
  const startedMs = performance.now();
  const args = [program, `--port=${String(port)}`, '--bind-address=127.0.0.1', '--drain-delay=0s', ...flags];
  const daemon = startDaemon(process.execPath, args, {
    env: { OTEL_EXPORTER_PROMETHEUS_PORT: String(await freePort()), ...environment },
  });
  while (!(await accepts(port))) {
    if (performance.now() - startedMs > 10_000) throw new Error(`no service: ${daemon.stderrLines.join('\n')}`);
  }
  const client = new RunnerClient(`127.0.0.1:${String(port)}`);
  while ((await client.checkHealth()) !== 'SERVING')
    if (performance.now() - startedMs > 10_000) throw new Error('not SERVING');
  const servingAfterMs = performance.now() - startedMs;
  return {
    pid: daemon.pid,
    client,
    servingAfterMs,
    stop: async () => {
      client.close();
      await daemon.stop();
    },
  };
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  if (!connected) await new Promise((resolve) => setTimeout(resolve, 2));
  return connected;
}
