import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { PodSpec } from './pod-template.ts';

/** What Kubernetes is released for, in the words of the node label `kubernetes.io/arch`. */
const released = ['amd64', 'arm', 'arm64', 'ppc64le', 's390x'];

/**
 * Architectures to which an image's pods are bound; undefined when it covers all that there are.
 *
 * @param platforms like `linux/arm64/v8`
 */
export function neededArchitectures(platforms: readonly string[]): readonly string[] | undefined {
  const parts = platforms.map((platform) => platform.split('/', 2)).filter(([os]) => os === 'linux');
  const there = new Set(parts.flatMap(([, architecture = '']) => (architecture === '' ? [] : [architecture])));
  if (there.size === 0 || released.every((architecture) => there.has(architecture))) return undefined;
  return [...there].toSorted();
}

const required = 'requiredDuringSchedulingIgnoredDuringExecution';

/** Adds the rule to every alternative that the template has: a node has to fit one of them. */
export function bindToArchitectures(spec: PodSpec, architectures: readonly string[]): PodSpec {
  const rule = { key: 'kubernetes.io/arch', operator: 'In', values: architectures };
  const affinity = objectIn(spec.affinity, 'nodeAffinity');
  const selector = objectIn(affinity, required);
  const terms = objectsIn(selector, 'nodeSelectorTerms');
  const bound = (terms.length === 0 ? [{}] : terms).map((term) =>
    // A term without rules fits no node, and has to stay so.
    terms.length > 0 && isBlank(term)
      ? term
      : { ...term, matchExpressions: [...objectsIn(term, 'matchExpressions'), rule] },
  );
  return {
    ...spec,
    affinity: {
      ...spec.affinity,
      nodeAffinity: { ...affinity, [required]: { ...selector, nodeSelectorTerms: bound } },
    },
  };
}

function isBlank(term: JsonObject): boolean {
  return objectsIn(term, 'matchExpressions').length === 0 && objectsIn(term, 'matchFields').length === 0;
}

function objectIn(parent: JsonObject | undefined, key: string): JsonObject {
  const value = parent?.[key];
  return isJsonObject(value) ? value : {};
}

function objectsIn(parent: JsonObject, key: string): readonly JsonObject[] {
  const value = parent[key];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
