import type { Options } from '../config/options.ts';
import type { Secret } from '../core/secret.ts';
import { readKrmOutput } from '../evaluate/krm-output.ts';
import type { ClientTls } from '../rpc/client-tls.ts';
import { type CallOptions, RunnerClient } from '../rpc/client.ts';
import { GrpcFailure } from '../rpc/grpc-failure.ts';
import { connectionTrouble } from './connection-trouble.ts';
import type { EvaluationAnswer } from './evaluation-answer.ts';
import { ServiceFailure } from './shown-failure.ts';

/** A large image may have to be pulled before the function starts. */
const pullAllowanceMs = 10 * 60_000;

/** Runs a function in a running service; in Porch's own runner too, which has only the older method. @throws {ServiceFailure} */
export async function evaluateThere(
  image: string,
  resourceList: Uint8Array,
  {
    address,
    tls,
    registryAuth,
    options,
    signal,
  }: {
    readonly address: string;
    readonly tls: ClientTls | undefined;
    readonly registryAuth: Secret | undefined;
    readonly options: Options;
    readonly signal: AbortSignal;
  },
): Promise<EvaluationAnswer> {
  const client = new RunnerClient(address, -1, { tls });
  const deadlineMs = options.resolveTimeoutMs + pullAllowanceMs + options.evaluationTimeoutMs;
  const call = { deadlineMs, signal, registryAuth };
  const request = { image, resourceList };
  try {
    return await client.evaluate(request, call).catch(async (error: unknown) => {
      if (error instanceof GrpcFailure && error.status === 'UNIMPLEMENTED')
        return evaluateAsPorch(client, request, call);
      throw error;
    });
  } catch (error) {
    if (!(error instanceof GrpcFailure)) throw error;
    const { status, reason, attempts } = error;
    const { message, hint } = connectionTrouble(error.message, tls !== undefined) ?? error;
    throw new ServiceFailure({ code: status, reason, message: `${address}: ${message}`, attempts, hint }, error);
  } finally {
    client.close();
  }
}

async function evaluateAsPorch(
  client: RunnerClient,
  request: { readonly image: string; readonly resourceList: Uint8Array },
  call: CallOptions,
): Promise<EvaluationAnswer> {
  const { log, resourceList: output } = await client.evaluateFunction(request, call);
  const parsed = await readKrmOutput(output);
  const results = parsed.kind === 'resource-list' ? parsed.results : [];
  return { exitCode: 0, results, resultCount: results.length, stderr: log, stderrBytes: log.length, output };
}
