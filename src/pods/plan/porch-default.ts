import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { PodTemplate } from './pod-template.ts';

/**
 * Whether a stored template is the one that Porch's runner stores where there is none, as far as that can be told after an
 * API server has filled in its defaults: one container of each kind, one volume, and nothing about security or resources.
 */
export function isPorchDefault({ spec }: PodTemplate): boolean {
  const [copy] = spec.initContainers;
  const [run] = spec.containers;
  const isBare = spec.initContainers.length === 1 && spec.containers.length === 1 && spec.volumes?.length === 1;
  const saysNothing = [spec, copy, run ?? {}].every(
    (part) => isEmpty(part, 'securityContext') && isEmpty(part, 'resources'),
  );
  return isBare && saysNothing && spec['automountServiceAccountToken'] === undefined;
}

function isEmpty(part: JsonObject, field: string): boolean {
  const value = part[field] ?? {};
  return isJsonObject(value) && Object.keys(value).length === 0;
}
