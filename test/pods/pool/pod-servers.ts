import { abortError } from '../../../src/core/deadline.ts';
import { RunnerError } from '../../../src/core/errors.ts';
import type { PodAnswer, PodEndpoint } from '../../../src/pods/pod-endpoint.ts';

type Request = Parameters<PodEndpoint['evaluate']>[0];
export type Handler = (request: Request, signal: AbortSignal) => Promise<PodAnswer>;

export const ok: PodAnswer = { exitCode: 0, output: new Uint8Array(), stderr: new Uint8Array(), stderrBytes: 0 };

/** What calls a pod takes, of every connection. */
interface Server {
  isServing: boolean;
  handler: Handler | undefined;
  calls: number;
  mostAtOnce: number;
  readonly running: Set<(error: RunnerError) => void>;
  readonly whenServing: Set<() => void>;
  failure: RunnerError | undefined;
}

/** The in-pod servers of a cluster, by `host:port`. */
export class PodServers {
  readonly dialled: string[] = [];
  open = 0;
  /** What functions do where a server says nothing of its own. */
  handler: Handler = async () => Promise.resolve(ok);
  readonly #servers = new Map<string, Server>();

  at(address: string): Server {
    const known = this.#servers.get(address);
    if (known !== undefined) return known;
    const server: Server = {
      isServing: false,
      handler: undefined,
      calls: 0,
      mostAtOnce: 0,
      running: new Set(),
      whenServing: new Set(),
      failure: undefined,
    };
    this.#servers.set(address, server);
    return server;
  }

  serve(address: string): void {
    const server = this.at(address);
    server.isServing = true;
    for (const tell of server.whenServing) tell();
  }

  /** Breaks every connection; `staysUp` for a server that lives on. */
  lose(address: string, staysUp = false): void {
    const server = this.at(address);
    server.isServing = staysUp;
    for (const reject of server.running) reject(new RunnerError('POD_LOST', `the connection to ${address} broke`));
  }

  get calls(): number {
    return [...this.#servers.values()].reduce((sum, server) => sum + server.calls, 0);
  }

  readonly connect = (address: string): PodEndpoint => {
    this.dialled.push(address);
    this.open += 1;
    const server = this.at(address);
    let isClosed = false;
    return {
      ready: async (signal) => ready(server, signal),
      evaluate: async (request, signal) => evaluate(server, server.handler ?? this.handler, request, signal),
      close: () => {
        if (isClosed) throw new Error(`${address} is closed twice`);
        isClosed = true;
        this.open -= 1;
      },
    };
  };
}

async function ready(server: Server, signal: AbortSignal): Promise<void> {
  if (server.failure !== undefined) throw server.failure;
  if (server.isServing) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.whenServing.add(resolve);
  signal.addEventListener('abort', () => {
    reject(abortError(signal));
  });
  if (signal.aborted) reject(abortError(signal));
  await promise.finally(() => server.whenServing.delete(resolve));
}

async function evaluate(server: Server, handler: Handler, request: Request, signal: AbortSignal): Promise<PodAnswer> {
  if (signal.aborted) throw abortError(signal);
  server.calls += 1;
  if (!server.isServing) throw new RunnerError('POD_LOST', 'connection refused');
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    reject(abortError(signal));
  };
  signal.addEventListener('abort', onAbort);
  server.running.add(reject);
  server.mostAtOnce = Math.max(server.mostAtOnce, server.running.size);
  try {
    return await Promise.race([handler(request, signal), promise]);
  } finally {
    server.running.delete(reject);
    signal.removeEventListener('abort', onAbort);
  }
}
