import { createApp, type App } from '../../src/app.ts';
import type { AppOverrides } from '../../src/app-overrides.ts';
import { parseServiceFlags } from '../../src/config/options.ts';
import { RunnerClient } from '../../src/rpc/client.ts';
import type {
  EvaluateFunctionResponse,
  EvaluateResponse,
  ResolveImageResponse,
} from '../../src/rpc/client-messages.ts';
import { createJsonLog } from '../../src/observe/json-log.ts';
import { givenSecrets } from '../canary/given-secrets.ts';

export { GrpcFailure } from '../../src/rpc/grpc-failure.ts';

/** A running service with a client of its own. Calls reject with `GrpcFailure`. */
export interface TestService {
  /** `host:port` of the gRPC service. */
  readonly address: string;
  readonly app: App;
  resolve(
    image: string,
    options?: { deadlineMs?: number; refresh?: boolean; signal?: AbortSignal },
  ): Promise<ResolveImageResponse>;
  /** `functionrunner.v1.FunctionRunner/Evaluate`. */
  evaluate(
    image: string,
    resourceList: string | Uint8Array,
    options?: { deadlineMs?: number; signal?: AbortSignal },
  ): Promise<EvaluateResponse>;
  /** `evaluator.FunctionEvaluator/EvaluateFunction`, the wire of Porch. */
  porchEvaluate(
    image: string,
    resourceList: string | Uint8Array,
    options?: { deadlineMs?: number; signal?: AbortSignal },
  ): Promise<EvaluateFunctionResponse>;
  /** JSON lines written so far, at level 5. */
  readonly logLines: readonly string[];
  /** The text of `/metrics`. */
  metrics(): Promise<string>;
  /** Rejects when the log or the metrics show a secret that the service was given. */
  stop(): Promise<void>;
}

const testFlags = ['--port=0', '--bind-address=127.0.0.1', '--drain-delay=0s', '--log-level=5', '--runtime=local'];

/** Starts the whole service in this process on a free port of loopback. The environment holds only what `overrides` gives. */
export async function startService(
  options: { readonly flags?: readonly string[]; readonly overrides?: AppOverrides } = {},
): Promise<TestService> {
  const parsed = parseServiceFlags([...testFlags, ...(options.flags ?? [])]);
  if (parsed.faults.length > 0) throw new Error(parsed.faults.map((fault) => fault.message).join('; '));
  const logLines: string[] = [];
  const log = createJsonLog({ write: (line) => logLines.push(line) }, 5);
  const environment = {
    PATH: process.env['PATH'],
    OTEL_EXPORTER_PROMETHEUS_PORT: '0',
    ...options.overrides?.environment,
  };
  const secrets = await givenSecrets(parsed.options.registryAuthSecretPath, environment);
  const app = createApp(parsed.options, { log, ...options.overrides, environment });
  await app.start();
  const client = new RunnerClient(app.address);
  return {
    address: app.address,
    app,
    logLines,
    resolve: async (image, { refresh = false, ...call } = {}) => client.resolveImage({ image, refresh }, call),
    evaluate: async (image, resourceList, call) =>
      client.evaluate({ image, resourceList: Buffer.from(resourceList) }, call),
    porchEvaluate: async (image, resourceList, call) =>
      client.evaluateFunction({ image, resourceList: Buffer.from(resourceList) }, call),
    metrics: async () => metricsOf(app),
    stop: async () => {
      const metrics = await metricsOf(app).catch(() => '');
      client.close();
      await app.stop();
      await secrets.check([metrics, ...logLines]);
    },
  };
}

async function metricsOf(app: App): Promise<string> {
  const response = await fetch(`http://${app.metricsAddress ?? ''}/metrics`);
  return response.text();
}
