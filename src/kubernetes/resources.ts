import type { JsonObject } from '../core/json.ts';
import type { Resource } from './api.ts';
import type { ApiObject } from './object.ts';
import { objectAt, parseMeta, textsAt } from './object-meta.ts';
import { parsePod } from './parse-pod.ts';
import type { Pod } from './pod.ts';
import { parseSecret, type SecretObject } from './secret-object.ts';

/** Shapes: Kubernetes API, ConfigMap v1. */
export interface ConfigMap extends ApiObject {
  readonly data: Readonly<Record<string, string>>;
}

/** Shapes: Kubernetes API, PodTemplate v1. */
export interface PodTemplate extends ApiObject {
  /** PodTemplateSpec: `metadata` and `spec`; empty when there is none. */
  readonly template: JsonObject;
}

export function pods(namespace: string): Resource<Pod> {
  return core('pods', namespace, parsePod);
}

export function secrets(namespace: string): Resource<SecretObject> {
  return core('secrets', namespace, parseSecret);
}

export function configMaps(namespace: string): Resource<ConfigMap> {
  return core('configmaps', namespace, (raw) => ({ ...parseObject(raw), data: textsAt(raw, 'data') }));
}

export function podTemplates(namespace: string): Resource<PodTemplate> {
  return core('podtemplates', namespace, (raw) => ({ ...parseObject(raw), template: objectAt(raw, 'template') }));
}

export function services(namespace: string): Resource<ApiObject> {
  return core('services', namespace, parseObject);
}

/** Porch's own kind, which a cluster without Porch does not know. */
export function serviceTemplates(namespace: string): Resource<ApiObject> {
  const group = 'config.porch.kpt.dev';
  const path = `/apis/${group}/v1alpha1/namespaces/${encodeURIComponent(namespace)}/servicetemplates`;
  return { name: 'servicetemplates', group, namespace, path, parse: parseObject };
}

/** Reads what every object has. */
export function parseObject(raw: JsonObject): ApiObject {
  return { metadata: parseMeta(raw), raw };
}

function core<T extends ApiObject>(name: string, namespace: string, parse: (raw: JsonObject) => T): Resource<T> {
  return { name, group: '', namespace, path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/${name}`, parse };
}
