import type { JsonObject } from '../../core/json.ts';
import { manager } from '../../kubernetes/manager.ts';
import { podMarks } from '../pod-marks.ts';
import { podName } from './pod-name.ts';
import type { PodSpec, PodTemplate, ServiceTemplate } from './pod-template.ts';

export interface PodParts {
  readonly namespace: string;
  /** Path of the image's repository, for the name. */
  readonly path: string;
  readonly key: string;
  readonly metadata: Pick<PodTemplate, 'labels' | 'annotations'>;
  /** Ours. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

/** The pod for a slot. */
export function podObject(parts: PodParts, slot: number, lastHolderUid: string): JsonObject {
  const { namespace, path, key, metadata, annotations, spec } = parts;
  const name = podName(path, key, slot, lastHolderUid);
  const labels = {
    ...metadata.labels,
    [podMarks.image]: name,
    [podMarks.functionKey]: key,
    [podMarks.slot]: String(slot),
    [podMarks.managedBy]: manager,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, annotations: { ...metadata.annotations, ...annotations } },
    spec,
  };
}

/** The Service that has the pod of that name behind it, and is called like it. */
export function serviceObject(template: ServiceTemplate, namespace: string, name: string): JsonObject {
  const { selector } = template.spec;
  const labels = { ...template.labels, 'app.kubernetes.io/name': name, [podMarks.managedBy]: manager };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels, annotations: template.annotations },
    spec: { ...template.spec, selector: { ...(typeof selector === 'object' ? selector : {}), [podMarks.image]: name } },
  };
}
