import { createServer, type Server, type ServerResponse } from 'node:http';
import { RunnerError } from '../core/errors.ts';
import type { Metrics } from './metrics.ts';

export interface MetricsServer {
  /** `host:port` as bound. */
  readonly address: string;
  stop(): Promise<void>;
}

/**
 * Serves `/metrics` in Prometheus' text format and `/healthz`: 200 while the service takes calls, else 503.
 *
 * @throws {RunnerError} `CFG_OPTION` when the port cannot be had.
 */
export async function startMetricsServer(options: {
  readonly host: string;
  readonly port: number;
  readonly metrics: Metrics;
  readonly isServing: () => boolean;
}): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path === '/metrics') sendMetrics(options.metrics, response);
    else if (path === '/healthz')
      send(response, options.isServing() ? 200 : 503, options.isServing() ? 'ok\n' : 'not serving\n');
    else send(response, 404, 'not found; there are /metrics and /healthz\n');
  });
  server.requestTimeout = 10_000;
  await listen(server, options.host, options.port);
  server.unref();
  return {
    address: addressOf(server),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function sendMetrics(metrics: Metrics, response: ServerResponse): void {
  metrics.text().then(
    (text) => {
      send(response, 200, text, metrics.contentType);
    },
    () => {
      send(response, 500, 'metrics could not be collected\n');
    },
  );
}

function send(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `cannot serve metrics on port ${String(port)}: ${cause.message}`;
      const hint = 'Set OTEL_EXPORTER_PROMETHEUS_PORT to a free port, or OTEL_METRICS_EXPORTER=none.';
      reject(new RunnerError('CFG_OPTION', message, { cause, hint }));
    });
    server.listen(port, host, resolve);
  });
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') return '';
  return address.family === 'IPv6'
    ? `[${address.address}]:${String(address.port)}`
    : `${address.address}:${String(address.port)}`;
}
