import { Agent, request } from 'undici';

export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON, or the text where it is none. */
  readonly body: unknown;
}

/** Requests of the test itself, as the administrator; they are in the audit log under `admin`. */
export class AdminClient {
  readonly #server: URL;
  readonly #token: string;
  readonly #agent: Agent;

  constructor(o: { readonly server: URL; readonly ca: string; readonly token: string }) {
    this.#server = o.server;
    this.#token = o.token;
    this.#agent = new Agent({ connect: { ca: o.ca }, connections: 4 });
  }

  /** `contentType` matters for PATCH, where the default is a merge patch. Every status is an answer. */
  async request(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
  ): Promise<ApiAnswer> {
    const answer = await request(new URL(path, this.#server), {
      method,
      dispatcher: this.#agent,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': contentType },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: parsed(text) };
  }

  /** As `request`; throws unless the status is below 300 or one of `alsoFine`. */
  async must(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    alsoFine: readonly number[] = [],
  ): Promise<unknown> {
    const answer = await this.request(method, path, body);
    if (answer.status >= 300 && !alsoFine.includes(answer.status)) {
      throw new Error(`${method} ${path}: ${String(answer.status)} ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}
