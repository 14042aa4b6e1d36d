import type { JsonObject } from '../core/json.ts';

/** The part of `metadata` that decisions are made on. Shapes: Kubernetes API, ObjectMeta v1. */
export interface ObjectMeta {
  readonly name: string;
  /** Empty for an object of the whole cluster. */
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
  /** When the object will be gone at the latest, in milliseconds since the epoch; undefined while nobody has deleted it. */
  readonly deletionMs: number | undefined;
  /** Names of the field managers that wrote something, in the order of `managedFields`. */
  readonly managers: readonly string[];
}

/** An object as the API server gave it: the narrow reading, and the whole for writing it back. */
export interface ApiObject {
  readonly metadata: ObjectMeta;
  readonly raw: JsonObject;
}
