import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { ApiError } from '../../src/kubernetes/api-error.ts';
import type { Api, ListOptions, ListResult, PatchOptions, Preconditions, Resource } from '../../src/kubernetes/api.ts';
import type { ApiObject } from '../../src/kubernetes/object.ts';
import { objectAt, textAt } from '../../src/kubernetes/object-meta.ts';
import type { Change, Store } from '../../src/kubernetes/store.ts';

export interface SeenRequest {
  readonly verb: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete';
  readonly name: string;
  readonly body?: JsonObject;
}

/** Objects by name in this process, with versions and preconditions: no request leaves it, so nothing has to be waited for. */
export class MemoryApi implements Api {
  readonly seen: SeenRequest[] = [];
  /** Runs before a request is carried out; what it throws is the answer. */
  before: (request: SeenRequest) => void = () => undefined;
  readonly #objects = new Map<string, JsonObject>();
  readonly #listeners = new Set<(name: string) => void>();
  #version = 0;

  /** Names and verbs of all requests that change something. */
  get writes(): readonly string[] {
    return this.seen.filter(({ verb }) => verb !== 'get' && verb !== 'list').map(({ verb, name }) => `${verb} ${name}`);
  }

  raw(name: string): JsonObject | undefined {
    return this.#objects.get(name);
  }

  /** As somebody else would do it; undefined deletes. */
  put(name: string, raw: JsonObject | undefined): void {
    this.#version += 1;
    if (raw === undefined) this.#objects.delete(name);
    else {
      const metadata = objectAt(raw, 'metadata');
      const uid = textAt(metadata, 'uid') || `uid-${String(this.#version)}`;
      const whole = { ...metadata, name, uid, resourceVersion: String(this.#version) };
      this.#objects.set(name, { ...raw, metadata: whole });
    }
    for (const listener of this.#listeners) listener(name);
  }

  onChange(listener: (name: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async get<T extends ApiObject>(resource: Resource<T>, name: string): Promise<T | undefined> {
    this.#see({ verb: 'get', name });
    const raw = this.#objects.get(name);
    return raw && resource.parse(raw);
  }

  async list<T extends ApiObject>(resource: Resource<T>, _options: ListOptions): Promise<ListResult<T>> {
    this.#see({ verb: 'list', name: '' });
    const items = [...this.#objects.values()].map((raw) => resource.parse(raw));
    return { items, resourceVersion: String(this.#version) };
  }

  async create<T extends ApiObject>(resource: Resource<T>, body: JsonObject): Promise<T> {
    const name = textAt(objectAt(body, 'metadata'), 'name');
    this.#see({ verb: 'create', name, body });
    if (this.#objects.has(name)) throw refusal(409, 'AlreadyExists');
    this.put(name, body);
    return this.#answer(resource, name);
  }

  async update<T extends ApiObject>(resource: Resource<T>, name: string, body: JsonObject): Promise<T> {
    this.#see({ verb: 'update', name, body });
    this.#check(name, objectAt(body, 'metadata'));
    this.put(name, body);
    return this.#answer(resource, name);
  }

  async patch<T extends ApiObject>(
    resource: Resource<T>,
    name: string,
    body: JsonObject,
    options: PatchOptions,
  ): Promise<T> {
    this.#see({ verb: 'patch', name, body });
    if (options.type === 'apply') return this.#apply(resource, name, body);
    const existing = this.#check(name, objectAt(body, 'metadata'));
    const merged = mergePatch(existing, body);
    const metadata = objectAt(merged, 'metadata');
    const isGone = metadata['deletionTimestamp'] !== undefined && !hasFinalizers(metadata);
    const answer = resource.parse(merged);
    this.put(name, isGone ? undefined : merged);
    return isGone ? answer : this.#answer(resource, name);
  }

  async delete<T extends ApiObject>(
    _resource: Resource<T>,
    name: string,
    { preconditions }: { readonly preconditions?: Preconditions },
  ): Promise<boolean> {
    this.#see({ verb: 'delete', name });
    if (!this.#objects.has(name)) return false;
    this.#check(name, { ...preconditions });
    this.put(name, undefined);
    return true;
  }

  /** By the only one who ever applies it. */
  #apply<T extends ApiObject>(resource: Resource<T>, name: string, body: JsonObject): T {
    const wanted = objectAt(body, 'metadata');
    const isThere = this.#objects.has(name);
    if (!isThere && wanted['uid'] !== undefined) throw refusal(409, 'Conflict');
    const existing = isThere ? this.#check(name, wanted) : {};
    this.put(name, { ...existing, ...body, metadata: { ...objectAt(existing, 'metadata'), ...wanted } });
    return this.#answer(resource, name);
  }

  #see(request: SeenRequest): void {
    this.seen.push(request);
    this.before(request);
  }

  #answer<T extends ApiObject>(resource: Resource<T>, name: string): T {
    const raw = this.#objects.get(name);
    if (raw === undefined) throw refusal(404, 'NotFound');
    return resource.parse(raw);
  }

  #check(name: string, wanted: JsonObject): JsonObject {
    const existing = this.#objects.get(name);
    if (existing === undefined) throw refusal(404, 'NotFound');
    const metadata = objectAt(existing, 'metadata');
    for (const field of ['uid', 'resourceVersion']) {
      if (wanted[field] !== undefined && wanted[field] !== metadata[field]) throw refusal(409, 'Conflict');
    }
    return existing;
  }
}

export function refusal(status: number, reason: string): ApiError {
  const code = status === 403 ? 'CLUSTER_DENIED' : status >= 500 ? 'CLUSTER_UNAVAILABLE' : 'CLUSTER_REFUSED';
  return new ApiError(code, `the API server says ${reason}`, { status, reason });
}

/** Knows of every change at once, or only of what it was told when `isBlind`. */
export class MemoryStore<T extends ApiObject> implements Store<T> {
  isBlind = false;
  readonly #api: MemoryApi;
  readonly #resource: Resource<T>;
  readonly #known = new Map<string, T>();
  readonly #listeners = new Set<(change: Change<T>) => void>();
  #end: () => void = () => undefined;

  constructor(api: MemoryApi, resource: Resource<T>) {
    this.#api = api;
    this.#resource = resource;
  }

  async start(): Promise<void> {
    const { items } = await this.#api.list(this.#resource, {});
    for (const item of items) this.#known.set(item.metadata.name, item);
    this.#end = this.#api.onChange((name) => {
      if (!this.isBlind) this.#refresh(name);
    });
  }

  get(name: string): T | undefined {
    return this.#known.get(name);
  }

  list(): readonly T[] {
    return [...this.#known.values()];
  }

  subscribe(listener: (change: Change<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  accept(object: T): void {
    this.#known.set(object.metadata.name, object);
  }

  close(): void {
    this.#end();
  }

  #refresh(name: string): void {
    const raw = this.#api.raw(name);
    const known = this.#known.get(name);
    const object = raw === undefined ? known : this.#resource.parse(raw);
    if (object === undefined) return;
    if (raw === undefined) this.#known.delete(name);
    else this.#known.set(name, object);
    const kind = raw === undefined ? 'deleted' : known === undefined ? 'added' : 'modified';
    for (const listener of this.#listeners) listener({ kind, object });
  }
}

function hasFinalizers(metadata: JsonObject): boolean {
  const finalizers = metadata['finalizers'];
  return Array.isArray(finalizers) && finalizers.length > 0;
}

/** RFC 7386. */
function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = isJsonObject(value) ? mergePatch(objectAt(merged, key), value) : value;
  }
  return merged;
}
