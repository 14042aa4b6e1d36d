import type { JsonObject } from '../core/json.ts';
import type { ApiObject } from './object.ts';

/** One kind of object in one namespace: where it is, and how it is read. */
export interface Resource<T extends ApiObject> {
  /** Plural name, for messages and counters, like `pods`. */
  readonly name: string;
  /** API group, empty for the core group. */
  readonly group: string;
  readonly namespace: string;
  /** Like `/api/v1/namespaces/NAMESPACE/pods`. */
  readonly path: string;
  readonly parse: (raw: JsonObject) => T;
}

export interface ListOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ListResult<T extends ApiObject> {
  readonly items: readonly T[];
  readonly resourceVersion: string;
}

export interface Preconditions {
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface PatchOptions {
  /** `merge`: JSON merge patch. `apply`: server-side apply, which needs `fieldManager`. */
  readonly type: 'merge' | 'apply';
  readonly fieldManager?: string;
  /** Take fields over that another manager owns; `apply` only. */
  readonly force?: boolean;
  readonly subresource?: 'status';
}

/**
 * Requests to the API server. Reads are asked once; writes are repeated on 429 and 5xx and on a lost connection, with
 * Retry-After honoured, within the signal. A 409 is the caller's to decide on, since only it knows the newer state.
 *
 * @throws {ApiError} from every method: `CLUSTER_DENIED` (401, 403), `CLUSTER_REFUSED` (other 4xx), `CLUSTER_UNAVAILABLE`
 */
export interface Api {
  /** Undefined when there is none of that name. */
  get<T extends ApiObject>(resource: Resource<T>, name: string, signal: AbortSignal): Promise<T | undefined>;
  list<T extends ApiObject>(resource: Resource<T>, options: ListOptions, signal: AbortSignal): Promise<ListResult<T>>;
  /** A create that was repeated and finds its own object there gives that object. */
  create<T extends ApiObject>(resource: Resource<T>, body: JsonObject, signal: AbortSignal): Promise<T>;
  /** PUT; a `resourceVersion` in the body is a precondition. */
  update<T extends ApiObject>(resource: Resource<T>, name: string, body: JsonObject, signal: AbortSignal): Promise<T>;
  patch<T extends ApiObject>(
    resource: Resource<T>,
    name: string,
    body: JsonObject,
    options: PatchOptions,
    signal: AbortSignal,
  ): Promise<T>;
  /** True when it was there; false when it was gone already. `graceSeconds` 0 deletes at once. */
  delete<T extends ApiObject>(
    resource: Resource<T>,
    name: string,
    options: { readonly preconditions?: Preconditions; readonly graceSeconds?: number },
    signal: AbortSignal,
  ): Promise<boolean>;
}
