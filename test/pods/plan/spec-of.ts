import type { JsonObject } from '../../../src/core/json.ts';
import { objectAt, objectsAt } from '../../../src/kubernetes/object-meta.ts';
import type { PodPlan } from '../../../src/pods/pod-plan.ts';

/** The spec of the pod for slot 0. */
export function specOf(plan: PodPlan): JsonObject {
  return objectAt(plan.pod(0, ''), 'spec');
}

export function containerOf(spec: JsonObject, name: string): JsonObject {
  const all = [...objectsAt(spec, 'initContainers'), ...objectsAt(spec, 'containers')];
  return all.find((container) => container['name'] === name) ?? {};
}
