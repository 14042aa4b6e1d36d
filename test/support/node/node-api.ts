import { readFile } from 'node:fs/promises';
import { Agent, request } from 'undici';
import { parse } from 'yaml';
import { jsonAt, jsonList } from '../json-at.ts';

/** How a node reaches its API server. */
export interface NodeAccess {
  readonly server: URL;
  readonly token: string;
  readonly caPem?: string;
}

export type Json = Readonly<Record<string, unknown>>;

/** A status that was written of a pod. */
export interface WrittenStatus {
  readonly pod: string;
  /** When the request for it began, milliseconds since the epoch. */
  readonly atMs: number;
  readonly status: Json;
}

export interface WatchedPod {
  readonly type: string;
  readonly pod: unknown;
}

/** The access that a kubeconfig with one user and a token gives. */
export async function accessOf(kubeconfig: string): Promise<NodeAccess> {
  const config: unknown = parse(await readFile(kubeconfig, 'utf8'));
  const cluster = jsonAt(config, 'clusters', 0, 'cluster');
  const caFile = jsonAt(cluster, 'certificate-authority');
  return {
    server: new URL(String(jsonAt(cluster, 'server'))),
    token: String(jsonAt(config, 'users', 0, 'user', 'token')),
    ...(typeof caFile === 'string' && { caPem: await readFile(caFile, 'utf8') }),
  };
}

/** The little that a kubelet and a scheduler ask of the API server. Knows nothing of the project's own client. */
export class NodeApi {
  /** In order. */
  readonly statuses: WrittenStatus[] = [];
  readonly #access: NodeAccess;
  readonly #agent: Agent;
  readonly #path: string;

  constructor(access: NodeAccess, namespace: string) {
    this.#access = access;
    this.#path = `/api/v1/namespaces/${namespace}`;
    this.#agent = new Agent({ connect: access.caPem === undefined ? {} : { ca: access.caPem }, bodyTimeout: 0 });
  }

  /** Undefined when it is not there. */
  async secret(name: string): Promise<unknown> {
    const answer = await this.#send('GET', `/secrets/${name}`);
    return answer.status === 404 ? undefined : answer.body;
  }

  async bind(name: string, uid: string, node: string): Promise<void> {
    await this.#send('POST', `/pods/${name}/binding`, {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    });
  }

  /** A pod that is gone, or is another one of the same name, is none of our business any more. */
  async setStatus(name: string, uid: string, status: Json): Promise<void> {
    this.statuses.push({ pod: name, atMs: Date.now(), status });
    await this.#send('PATCH', `/pods/${name}/status`, { metadata: { uid }, status });
  }

  /** The last step of a deletion, which is the kubelet's. */
  async remove(name: string, uid: string): Promise<void> {
    await this.#send('DELETE', `/pods/${name}`, {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      gracePeriodSeconds: 0,
      preconditions: { uid },
    });
  }

  /** Every pod of the namespace and every change of one, until `signal`; opened anew when it ends. */
  async *pods(signal: AbortSignal): AsyncGenerator<WatchedPod> {
    while (!signal.aborted) {
      const list = (await this.#send('GET', '/pods')).body;
      yield { type: 'LISTED', pod: list };
      for (const pod of jsonList(list, 'items')) yield { type: 'MODIFIED', pod };
      yield* this.#watch(String(jsonAt(list, 'metadata', 'resourceVersion')), signal);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async *#watch(version: string, signal: AbortSignal): AsyncGenerator<WatchedPod> {
    const answer = await request(this.#url(`/pods?watch=true&resourceVersion=${version}`), {
      dispatcher: this.#agent,
      headers: this.#headers(),
      signal,
    });
    let rest = '';
    for await (const chunk of answer.body.setEncoding('utf8')) {
      const lines = `${rest}${String(chunk)}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event: unknown = JSON.parse(line);
        const type = String(jsonAt(event, 'type'));
        if (type === 'ERROR') return;
        yield { type, pod: jsonAt(event, 'object') };
      }
    }
  }

  async #send(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: Json,
  ): Promise<{ status: number; body: unknown }> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const answer = await request(this.#url(path), {
      method,
      dispatcher: this.#agent,
      headers: { ...this.#headers(), 'content-type': type },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.body.text();
    const status = answer.statusCode;
    if (status >= 300 && status !== 404 && status !== 409 && !isOtherPod(status, text))
      throw new Error(`${method} ${path}: ${String(status)} ${text}`);
    const parsed: unknown = JSON.parse(text);
    return { status, body: parsed };
  }

  #url(path: string): URL {
    return new URL(`${this.#path}${path}`, this.#access.server);
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#access.token}`, 'user-agent': 'test-node' };
  }
}

/** Another pod has the name by now: a patch with the UID of the one before it would change that field, which none may. */
function isOtherPod(status: number | undefined, text: string): boolean {
  return status === 422 && text.includes('metadata.uid');
}
