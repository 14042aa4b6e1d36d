import type { JsonObject } from '../../../src/core/json.ts';

export function podBody(name: string, labels: Readonly<Record<string, string>> = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: { containers: [{ name: 'function', image: 'registry.example/set-namespace:v1' }] },
  };
}

export function secretBody(name: string, data: Readonly<Record<string, string>>, type = 'Opaque'): JsonObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type, data };
}

export function configMapBody(name: string, data: Readonly<Record<string, string>>): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}
