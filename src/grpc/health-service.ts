import { status, type handleServerStreamingCall, type handleUnaryCall, type ServerWritableStream } from '@grpc/grpc-js';
import { messageOf, textField } from '../rpc/fields.ts';

export type Serving = 'SERVING' | 'NOT_SERVING';

type HealthStream = ServerWritableStream<object, object>;

/** grpc.health.v1.Health for the whole server and for each of its services. https://github.com/grpc/grpc/blob/master/doc/health-checking.md */
export class HealthService {
  readonly #services: ReadonlySet<string>;
  readonly #watches = new Map<HealthStream, string>();
  #serving: Serving = 'NOT_SERVING';

  /** @param services Full names of the services beside `""`. */
  constructor(services: readonly string[]) {
    this.#services = new Set(['', ...services]);
  }

  get serving(): boolean {
    return this.#serving === 'SERVING';
  }

  /** Tells every open Watch too. */
  set(serving: Serving): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    for (const [stream, service] of this.#watches) stream.write({ status: this.#statusOf(service) });
  }

  /** Ends every Watch; an open one would keep the server from stopping. */
  endWatches(): void {
    for (const stream of this.#watches.keys()) stream.end();
    this.#watches.clear();
  }

  readonly check: handleUnaryCall<object, object> = (call, callback) => {
    const service = textField(messageOf(call.request), 'service');
    const known = this.#services.has(service);
    if (known) callback(null, { status: this.#serving });
    else callback({ code: status.NOT_FOUND, details: 'no such service' });
  };

  readonly watch: handleServerStreamingCall<object, object> = (call) => {
    const service = textField(messageOf(call.request), 'service');
    this.#watches.set(call, service);
    call.once('cancelled', () => {
      this.#watches.delete(call);
      call.end();
    });
    call.write({ status: this.#statusOf(service) });
  };

  #statusOf(service: string): string {
    return this.#services.has(service) ? this.#serving : 'SERVICE_UNKNOWN';
  }
}
