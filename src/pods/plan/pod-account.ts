import type { JsonObject } from '../../core/json.ts';

/** Service account that a pod with this spec runs under. Kubernetes API, PodSpec v1: `serviceAccount` is the older name. */
export function accountOf(spec: JsonObject): string {
  const names = [spec['serviceAccountName'], spec['serviceAccount']];
  return names.filter((name) => typeof name === 'string').find((name) => name !== '') ?? 'default';
}
