import { isJsonObject, type JsonObject } from '../../../src/core/json.ts';
import { ApiError } from '../../../src/kubernetes/api-error.ts';
import type { Api, ListResult, PatchOptions, Preconditions, Resource } from '../../../src/kubernetes/api.ts';
import { objectAt, textAt } from '../../../src/kubernetes/object-meta.ts';
import type { ApiObject } from '../../../src/kubernetes/object.ts';
import type { Pod } from '../../../src/kubernetes/pod.ts';
import { parsePod } from '../../../src/kubernetes/parse-pod.ts';
import type { Change, Store } from '../../../src/kubernetes/store.ts';
import type { FakeClock } from './fake-clock.ts';

type Listener = (kind: Change<Pod>['kind'], raw: JsonObject) => void;

/** The objects of a cluster, with the rules of the API server that the pool lives by. */
export class ClusterDouble {
  readonly requests: string[] = [];
  /** How long a deleted pod keeps its name. */
  graceMs = 0;
  /** How far the clock of the API server is ahead. */
  skewMs = 0;
  /** What is not done, by verb and resource. */
  refuse: ((verb: string, name: string) => ApiError | undefined) | undefined;
  /** Called after a pod was created. */
  created: (name: string) => void = () => undefined;
  readonly #objects = new Map<string, JsonObject>();
  readonly #listeners = new Set<Listener>();
  readonly #clock: FakeClock;
  #version = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  /** As one replica of the runner sees it. */
  store(): StoreDouble {
    return new StoreDouble(this.raw('pods'), (listener) => this.#listeners.add(listener));
  }

  raw(kind: string): readonly JsonObject[] {
    return [...this.#objects].filter(([path]) => path.startsWith(`${kind}/`)).map(([, raw]) => raw);
  }

  get pods(): readonly Pod[] {
    return this.raw('pods').map(parsePod);
  }

  pod(name: string): Pod {
    const raw = this.#objects.get(`pods/${name}`);
    if (raw === undefined) throw new Error(`no pod ${name}`);
    return parsePod(raw);
  }

  has(name: string): boolean {
    return this.#objects.has(`pods/${name}`);
  }

  count(verb: string): number {
    return this.requests.filter((request) => request.startsWith(`${verb} `)).length;
  }

  setStatus(name: string, status: JsonObject): void {
    const raw = this.#objects.get(`pods/${name}`);
    if (raw !== undefined) this.#put('pods', name, { ...raw, status }, 'modified');
  }

  annotate(name: string, annotations: JsonObject): void {
    const raw = this.#objects.get(`pods/${name}`);
    if (raw !== undefined) this.#put('pods', name, merge(raw, { metadata: { annotations } }), 'modified');
  }

  /** As a user or the kubelet does. */
  remove(name: string, kind = 'pods'): void {
    const raw = this.#objects.get(`${kind}/${name}`);
    if (raw === undefined) return;
    this.#objects.delete(`${kind}/${name}`);
    if (kind === 'pods') for (const listener of this.#listeners) listener('deleted', raw);
  }

  /** Within the grace period the pod is there, terminating. */
  delete(name: string): void {
    const raw = this.#objects.get(`pods/${name}`);
    if (this.graceMs === 0 || raw === undefined) {
      this.remove(name);
      return;
    }
    const deletionTimestamp = new Date(this.#clock.now() + this.graceMs).toISOString();
    this.#put('pods', name, merge(raw, { metadata: { deletionTimestamp } }), 'modified');
    this.#clock.at(this.graceMs, () => {
      this.remove(name);
    });
  }

  add(kind: string, body: JsonObject): JsonObject {
    this.#version += 1;
    const metadata = objectAt(body, 'metadata');
    // Creation times have whole seconds, as at the real one.
    const seconds = Math.floor((this.#clock.now() + this.skewMs) / 1000) * 1000;
    const meta = {
      creationTimestamp: new Date(seconds).toISOString(),
      ...metadata,
      uid: `uid-${String(this.#version)}`,
    };
    return this.#put(kind, textAt(metadata, 'name'), { ...body, metadata: meta }, 'added');
  }

  /** `who` names the replica in the list of requests. */
  api(who: string): Api {
    return {
      get: async (resource, name) => {
        this.#note(who, 'get', resource, name);
        const raw = this.#objects.get(`${resource.name}/${name}`);
        return Promise.resolve(raw === undefined ? undefined : resource.parse(raw));
      },
      list: async (resource) => this.#list(who, resource),
      create: async (resource, body) => {
        const name = textAt(objectAt(body, 'metadata'), 'name');
        this.#note(who, 'create', resource, name);
        if (this.#objects.has(`${resource.name}/${name}`)) throw conflict('AlreadyExists', name);
        const raw = this.add(resource.name, body);
        if (resource.name === 'pods') this.created(name);
        return Promise.resolve(resource.parse(raw));
      },
      update: async () => Promise.reject(new Error("pods are not updated: Porch's Role does not allow it")),
      patch: async (resource, name, body, options) => this.#patch(who, resource, name, body, options),
      delete: async (resource, name, { preconditions }) => this.#delete(who, resource, name, preconditions ?? {}),
    };
  }

  async #list<T extends ApiObject>(who: string, resource: Resource<T>): Promise<ListResult<T>> {
    this.#note(who, 'list', resource, '');
    const items = this.raw(resource.name).map((raw) => resource.parse(raw));
    return Promise.resolve({ items, resourceVersion: String(this.#version) });
  }

  async #patch<T extends ApiObject>(
    who: string,
    resource: Resource<T>,
    name: string,
    body: JsonObject,
    { type }: PatchOptions,
  ): Promise<T> {
    this.#note(who, 'patch', resource, name);
    const raw = this.#objects.get(`${resource.name}/${name}`);
    if (type !== 'merge' || raw === undefined) throw refusal(404, 'NotFound', name);
    checkPreconditions(raw, objectAt(body, 'metadata'));
    return Promise.resolve(resource.parse(this.#put(resource.name, name, merge(raw, body), 'modified')));
  }

  async #delete<T extends ApiObject>(
    who: string,
    resource: Resource<T>,
    name: string,
    preconditions: Preconditions,
  ): Promise<boolean> {
    this.#note(who, 'delete', resource, name);
    const raw = this.#objects.get(`${resource.name}/${name}`);
    if (raw === undefined) return Promise.resolve(false);
    checkPreconditions(raw, { ...preconditions });
    if (resource.name === 'pods') this.delete(name);
    else this.remove(name, resource.name);
    return Promise.resolve(true);
  }

  #put(kind: string, name: string, raw: JsonObject, change: 'added' | 'modified'): JsonObject {
    this.#version += 1;
    const stored = merge(raw, { metadata: { resourceVersion: String(this.#version), namespace: 'fns' } });
    this.#objects.set(`${kind}/${name}`, stored);
    if (kind === 'pods') for (const listener of this.#listeners) listener(change, stored);
    return stored;
  }

  #note<T extends ApiObject>(who: string, verb: string, resource: Resource<T>, name: string): void {
    this.requests.push(`${verb} ${resource.name} ${name} by ${who}`);
    const refusalNow = this.refuse?.(`${verb} ${resource.name}`, name);
    if (refusalNow !== undefined) throw refusalNow;
  }
}

/** A watched store: what it knows may be older than what is there. */
export class StoreDouble implements Store<Pod> {
  readonly #pods = new Map<string, Pod>();
  readonly #listeners = new Set<(change: Change<Pod>) => void>();
  readonly #held: (() => void)[] = [];
  #isHeld = false;

  constructor(pods: readonly JsonObject[], watch: (listener: Listener) => void) {
    for (const raw of pods) this.#pods.set(textAt(objectAt(raw, 'metadata'), 'name'), parsePod(raw));
    watch((kind, raw) => {
      const tell = (): void => {
        this.#take(kind, parsePod(raw));
      };
      if (this.#isHeld) this.#held.push(tell);
      else tell();
    });
  }

  /** The watch lags behind until {@link release}. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    for (const tell of this.#held.splice(0)) tell();
  }

  async start(): Promise<void> {
    return Promise.resolve();
  }

  get(name: string): Pod | undefined {
    return this.#pods.get(name);
  }

  list(): readonly Pod[] {
    return [...this.#pods.values()];
  }

  subscribe(listener: (change: Change<Pod>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  accept(pod: Pod): void {
    this.#take('modified', pod);
  }

  close(): void {
    this.#listeners.clear();
  }

  #take(kind: Change<Pod>['kind'], object: Pod): void {
    const { name, resourceVersion, uid } = object.metadata;
    const before = this.#pods.get(name);
    const isOld = before !== undefined && Number(before.metadata.resourceVersion) >= Number(resourceVersion);
    if (kind === 'deleted') {
      if (before?.metadata.uid === uid) this.#pods.delete(name);
    } else if (isOld) return;
    else this.#pods.set(name, object);
    for (const listener of this.#listeners) listener({ kind, object });
  }
}

export function refusal(status: number, reason: string, message: string): ApiError {
  const code =
    status === 403 ? 'CLUSTER_DENIED' : status === 0 || status >= 500 ? 'CLUSTER_UNAVAILABLE' : 'CLUSTER_REFUSED';
  return new ApiError(code, message, { status, reason });
}

function conflict(reason: string, name: string): ApiError {
  return refusal(409, reason, `${name}: ${reason}`);
}

function checkPreconditions(raw: JsonObject, wanted: JsonObject): void {
  const metadata = objectAt(raw, 'metadata');
  for (const key of ['uid', 'resourceVersion']) {
    if (wanted[key] !== undefined && wanted[key] !== metadata[key])
      throw conflict('Conflict', textAt(metadata, 'name'));
  }
}

function merge(raw: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, unknown> = { ...raw };
  for (const [key, value] of Object.entries(patch)) {
    merged[key] = isJsonObject(value) ? merge(objectAt(merged, key), value) : value;
  }
  return merged;
}
