import type { JsonObject } from '../core/json.ts';
import type { Resource } from './api.ts';
import type { ApiObject } from './object.ts';
import { objectsAt, parseMeta, textAt } from './object-meta.ts';

/** Shapes: Kubernetes API, ServiceAccount v1. */
export interface ServiceAccount extends ApiObject {
  /** Names, in their order; pods that name no pull secret of their own get these. */
  readonly imagePullSecrets: readonly string[];
}

export function serviceAccounts(namespace: string): Resource<ServiceAccount> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/serviceaccounts`;
  return { name: 'serviceaccounts', group: '', namespace, path, parse };
}

function parse(raw: JsonObject): ServiceAccount {
  const names = objectsAt(raw, 'imagePullSecrets').map((entry) => textAt(entry, 'name'));
  return { metadata: parseMeta(raw), raw, imagePullSecrets: names.filter((name) => name !== '') };
}
