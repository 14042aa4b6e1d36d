import { type ChannelOptions, Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { Secret } from '../core/secret.ts';
import {
  type EvaluateFunctionResponse,
  evaluateFunctionResponseOf,
  type EvaluateResponse,
  evaluateResponseOf,
  type ResolveImageResponse,
  resolveImageResponseOf,
} from './client-messages.ts';
import { type ClientTls, tlsChannelOptions, tlsCredentials } from './client-tls.ts';
import { messageOf, textField } from './fields.ts';
import { GrpcFailure } from './grpc-failure.ts';
import { protoService } from './proto.ts';

export interface CallOptions {
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Base64, for the metadata `x-registry-auth`. */
  readonly registryAuth?: Secret | undefined;
}

type ClientOptions = ChannelOptions & {
  /** Undefined: plaintext HTTP/2. */
  readonly tls?: ClientTls | undefined;
};

/** A client of all unary methods of the service. Calls reject with {@link GrpcFailure}. */
export class RunnerClient {
  readonly #client: Client;

  /** @param address `host:port`. @throws what OpenSSL says of a client certificate that it cannot use */
  constructor(address: string, maxMessageBytes = -1, { tls, ...options }: ClientOptions = {}) {
    this.#client = new Client(
      address,
      tls === undefined ? credentials.createInsecure() : tlsCredentials(tls, address),
      {
        ...(tls && tlsChannelOptions(tls, address)),
        'grpc.max_receive_message_length': maxMessageBytes,
        'grpc.max_send_message_length': maxMessageBytes,
        'grpc.use_local_subchannel_pool': 1,
        'grpc.enable_http_proxy': 0,
        'grpc.service_config_disable_resolution': 1,
        ...options,
      },
    );
  }

  async resolveImage(
    request: { image: string; refresh?: boolean },
    options?: CallOptions,
  ): Promise<ResolveImageResponse> {
    const answer = await this.#unary('functionrunner.v1.ImageResolver', 'ResolveImage', request, options);
    return resolveImageResponseOf(answer);
  }

  async evaluate(
    request: { image: string; resourceList: Uint8Array },
    options?: CallOptions,
  ): Promise<EvaluateResponse> {
    return evaluateResponseOf(await this.#unary('functionrunner.v1.FunctionRunner', 'Evaluate', request, options));
  }

  async evaluateFunction(
    request: { image: string; resourceList: Uint8Array },
    options?: CallOptions,
  ): Promise<EvaluateFunctionResponse> {
    const answer = await this.#unary('evaluator.FunctionEvaluator', 'EvaluateFunction', request, options);
    return evaluateFunctionResponseOf(answer);
  }

  /** SERVING, NOT_SERVING or SERVICE_UNKNOWN. */
  async checkHealth(service = '', options?: CallOptions): Promise<string> {
    return textField(messageOf(await this.#unary('grpc.health.v1.Health', 'Check', { service }, options)), 'status');
  }

  close(): void {
    this.#client.close();
  }

  async #unary(service: string, method: string, request: object, options: CallOptions = {}): Promise<unknown> {
    options.signal?.throwIfAborted();
    const definition = protoService(service)[method];
    if (definition === undefined) throw new Error(`no method ${service}/${method} in proto/`);
    const { path, requestSerialize, responseDeserialize } = definition;
    const deadline = options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs };
    const metadata = new Metadata();
    if (options.registryAuth !== undefined) metadata.set('x-registry-auth', options.registryAuth.reveal().toString());
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, value?: object): void => {
        options.signal?.removeEventListener('abort', cancel);
        if (error === null) resolve(value);
        else reject(new GrpcFailure(error));
      };
      const call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        deadline,
        done,
      );
      const cancel = (): void => {
        call.cancel();
      };
      options.signal?.addEventListener('abort', cancel, { once: true });
    });
  }
}
