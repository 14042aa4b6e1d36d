import {
  type ServerInterceptor,
  ResponderBuilder,
  ServerInterceptingCall,
  ServerListenerBuilder,
  status,
} from '@grpc/grpc-js';

/** Told about every RPC once, when its status is known. */
export type RpcObserver = (rpc: {
  readonly service: string;
  readonly method: string;
  readonly statusCode: number;
  readonly durationMs: number;
}) => void;

/** Measures every RPC of a server, streams too. */
export function rpcInterceptor(observe: RpcObserver): ServerInterceptor {
  return (definition, call) => {
    const startedMs = performance.now();
    const [, service = '', method = ''] = definition.path.split('/');
    let open = true;
    const finish = (statusCode: number): void => {
      if (!open) return;
      open = false;
      observe({ service, method, statusCode, durationMs: performance.now() - startedMs });
    };
    const listener = new ServerListenerBuilder().withOnCancel(() => finish(status.CANCELLED)).build();
    const responder = new ResponderBuilder()
      .withStart((next) => {
        next(listener);
      })
      .withSendStatus((result, next) => {
        finish(result.code ?? status.UNKNOWN);
        next(result);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}
