import { RunnerError } from '../core/errors.ts';

const defaultPort = 9464;

/**
 * Where `/metrics` listens, from OpenTelemetry's own variables; undefined when `OTEL_METRICS_EXPORTER` is `none`.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#prometheus-exporter
 *
 * @throws {RunnerError} `CFG_OPTION` for a port that is none.
 */
export function metricsAddress(
  environment: NodeJS.ProcessEnv,
  defaultHost: string,
): { readonly host: string; readonly port: number } | undefined {
  if (environment['OTEL_METRICS_EXPORTER']?.trim() === 'none') return undefined;
  const host = environment['OTEL_EXPORTER_PROMETHEUS_HOST']?.trim() ?? '';
  const text = environment['OTEL_EXPORTER_PROMETHEUS_PORT']?.trim() ?? '';
  const port = text === '' ? defaultPort : Number(text);
  if (!/^\d*$/.test(text) || port > 65_535) {
    const message = `OTEL_EXPORTER_PROMETHEUS_PORT is ${JSON.stringify(text)}, which is no port`;
    throw new RunnerError('CFG_OPTION', message, { hint: 'Give a whole number from 0 to 65535.' });
  }
  return { host: host === '' ? defaultHost : host, port };
}
