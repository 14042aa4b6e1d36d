import type { JsonObject } from '../core/json.ts';
import { Secret } from '../core/secret.ts';
import type { ApiObject } from './object.ts';
import { objectAt, parseMeta, textAt, textsAt } from './object-meta.ts';

/** A Secret of the cluster. `raw` has no `data`: what is written back puts it there. Shapes: Kubernetes API, Secret v1. */
export interface SecretObject extends ApiObject {
  /** Like `kubernetes.io/dockerconfigjson`; cannot be changed once there. */
  readonly type: string;
  /** Decoded. */
  readonly data: Readonly<Record<string, Secret>>;
}

/** Holds a copy of the data, as `kubectl apply` leaves it behind. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export function parseSecret(raw: JsonObject): SecretObject {
  const { data: _data, stringData: _stringData, ...rest } = raw;
  const metadata = parseMeta(raw);
  const { [lastApplied]: _applied, ...annotations } = metadata.annotations;
  const entries = Object.entries(textsAt(raw, 'data'));
  return {
    metadata: { ...metadata, annotations },
    type: textAt(raw, 'type'),
    data: Object.fromEntries(entries.map(([key, text]) => [key, new Secret(Buffer.from(text, 'base64'))])),
    raw: withoutLastApplied(rest),
  };
}

function withoutLastApplied(raw: JsonObject): JsonObject {
  const metadata = objectAt(raw, 'metadata');
  const annotations = objectAt(metadata, 'annotations');
  if (annotations[lastApplied] === undefined) return raw;
  const { [lastApplied]: _applied, ...rest } = annotations;
  return { ...raw, metadata: { ...metadata, annotations: rest } };
}
