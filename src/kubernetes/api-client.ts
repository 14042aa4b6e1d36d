import type { Readable } from 'node:stream';
import { systemClock } from '../core/clock.ts';
import type { JsonObject } from '../core/json.ts';
import type { ApiClientOptions } from './request/api-client-options.ts';
import { ApiError } from './api-error.ts';
import { type ApiCall, ApiRequests, type WriteOutcome } from './request/api-requests.ts';
import type { Api, ListOptions, ListResult, PatchOptions, Preconditions, Resource } from './api.ts';
import { type HttpMethod, ApiWire } from './request/api-wire.ts';
import type { ApiObject } from './object.ts';
import { objectAt, objectsAt, textAt } from './object-meta.ts';
import { hasBody } from './request/same-body.ts';

export interface WatchOptions extends ListOptions {
  /** Events after this version. */
  readonly resourceVersion: string;
  /** After how long the server ends the watch. */
  readonly timeoutSeconds: number;
}

const patchTypes = { merge: 'application/merge-patch+json', apply: 'application/apply-patch+yaml' } as const;

/** The API server over HTTP. What each method promises: {@link Api}. */
export class ApiClient implements Api {
  readonly #requests: ApiRequests;
  readonly #wire: ApiWire;

  constructor({ access, dispatcher, ...options }: ApiClientOptions) {
    this.#wire = new ApiWire(access, dispatcher);
    const defaults = { clock: systemClock, requestTimeoutMs: 30_000, random: Math.random };
    this.#requests = new ApiRequests({ ...defaults, ...options, access }, this.#wire);
  }

  async get<T extends ApiObject>(resource: Resource<T>, name: string, signal: AbortSignal): Promise<T | undefined> {
    try {
      return resource.parse(await this.#requests.once(callOf('get', 'GET', resource, { name }), signal));
    } catch (thrown) {
      if (thrown instanceof ApiError && thrown.status === 404) return undefined;
      throw thrown;
    }
  }

  async list<T extends ApiObject>(
    resource: Resource<T>,
    options: ListOptions,
    signal: AbortSignal,
  ): Promise<ListResult<T>> {
    const raw = await this.#requests.once(
      callOf('list', 'GET', resource, { query: { ...options }, isAnswer: isList }),
      signal,
    );
    return {
      items: objectsAt(raw, 'items').map((item) => resource.parse(item)),
      resourceVersion: textAt(objectAt(raw, 'metadata'), 'resourceVersion'),
    };
  }

  async create<T extends ApiObject>(resource: Resource<T>, body: JsonObject, signal: AbortSignal): Promise<T> {
    const name = textAt(objectAt(body, 'metadata'), 'name');
    const call = callOf('create', 'POST', resource, { body });
    const outcome = await this.#requests.write({ ...call, action: { ...call.action, name } }, signal);
    return this.#written(resource, name, body, outcome, signal);
  }

  /** What a creation would give, with admission and quota, without creating anything. Needs the right to create. */
  async tryCreate<T extends ApiObject>(resource: Resource<T>, body: JsonObject, signal: AbortSignal): Promise<T> {
    const call = callOf('create', 'POST', resource, { body, query: { dryRun: 'All' } });
    return resource.parse(await this.#requests.once(call, signal));
  }

  async update<T extends ApiObject>(
    resource: Resource<T>,
    name: string,
    body: JsonObject,
    signal: AbortSignal,
  ): Promise<T> {
    const outcome = await this.#requests.write(callOf('update', 'PUT', resource, { name, body }), signal);
    return this.#written(resource, name, body, outcome, signal);
  }

  async patch<T extends ApiObject>(
    resource: Resource<T>,
    name: string,
    body: JsonObject,
    { type, fieldManager, force, subresource }: PatchOptions,
    signal: AbortSignal,
  ): Promise<T> {
    const query = { ...(fieldManager !== undefined && { fieldManager }), ...(force === true && { force: 'true' }) };
    const call = callOf('patch', 'PATCH', resource, { name, body, query, subresource, contentType: patchTypes[type] });
    const outcome = await this.#requests.write(call, signal);
    return this.#written(resource, name, body, outcome, signal);
  }

  async delete<T extends ApiObject>(
    resource: Resource<T>,
    name: string,
    { preconditions, graceSeconds }: { readonly preconditions?: Preconditions; readonly graceSeconds?: number },
    signal: AbortSignal,
  ): Promise<boolean> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      ...(preconditions !== undefined && { preconditions }),
      ...(graceSeconds !== undefined && { gracePeriodSeconds: graceSeconds }),
    };
    const outcome = await this.#requests.write(
      callOf('delete', 'DELETE', resource, { name, body, isAnswer: () => true }),
      signal,
    );
    if (outcome.kind === 'done') return true;
    if (outcome.error.status === 404) return outcome.mayBeDone;
    throw outcome.error;
  }

  /** The events of a watch, one JSON object a line, bookmarks among them. The caller destroys it. @throws {RunnerError} */
  async watchStream<T extends ApiObject>(
    resource: Resource<T>,
    { resourceVersion, timeoutSeconds, ...selectors }: WatchOptions,
    signal: AbortSignal,
  ): Promise<Readable> {
    const query = {
      ...selectors,
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion,
      timeoutSeconds: String(timeoutSeconds),
    };
    return this.#requests.stream(callOf('watch', 'GET', resource, { query }), signal);
  }

  /** Ends what is under way, watches too, and every connection. */
  async close(): Promise<void> {
    await this.#wire.close();
  }

  /** A write whose first try was carried out without our learning of it is refused the second time by its own work. */
  async #written<T extends ApiObject>(
    resource: Resource<T>,
    name: string,
    body: JsonObject,
    outcome: WriteOutcome,
    signal: AbortSignal,
  ): Promise<T> {
    if (outcome.kind === 'done') return resource.parse(outcome.object);
    if (outcome.error.status !== 409 || !outcome.mayBeDone || name === '') throw outcome.error;
    const existing = await this.#requests.once(callOf('get', 'GET', resource, { name }), signal).catch(() => undefined);
    if (existing === undefined || !hasBody(existing, body)) throw outcome.error;
    return resource.parse(existing);
  }
}

interface CallDetails {
  readonly name?: string;
  readonly subresource?: string | undefined;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: JsonObject;
  readonly contentType?: string;
  /** Default: the object of that name. */
  readonly isAnswer?: ApiCall['isAnswer'];
}

function isList(raw: JsonObject): boolean {
  return Array.isArray(raw['items'] ?? []) && textAt(objectAt(raw, 'metadata'), 'resourceVersion') !== '';
}

function isNamed(raw: JsonObject, name: string): boolean {
  return name === '' || textAt(objectAt(raw, 'metadata'), 'name') === name;
}

function callOf(
  verb: string,
  method: HttpMethod,
  resource: Resource<ApiObject>,
  { name = '', subresource, query = {}, body, contentType = 'application/json', isAnswer }: CallDetails,
): ApiCall {
  const { group, namespace, path } = resource;
  const tail = [name, subresource ?? ''].filter(Boolean).map((part) => `/${encodeURIComponent(part)}`);
  return {
    action: { verb, resource: [resource.name, subresource].filter(Boolean).join('/'), group, namespace, name },
    request: {
      method,
      path: path + tail.join(''),
      query,
      body: body === undefined ? undefined : JSON.stringify(body),
      contentType,
    },
    isAnswer: isAnswer ?? ((raw) => isNamed(raw, name)),
  };
}
