import type { SetNamespaceConfig } from './config.ts';
import { namespaceFields } from './namespace-fields.ts';
import type { Resource } from './resource.ts';

const dependsOn = 'config.kubernetes.io/depends-on';
const namespaced = /^[-.\w]*\/namespaces\/[-.\w]*\/[-.\w]*\/[-.\w]*$/;
const namespaceSegment = 2;

/** Where namespaces were changed, and what they were before. */
export interface Changes {
  readonly fields: number;
  readonly annotations: number;
  /** Sorted, each once. */
  readonly previous: readonly string[];
}

/** Moves resources to a namespace, in place; local configuration stays as it is. */
export function setNamespace(all: readonly Resource[], { namespace, matcher }: SetNamespaceConfig): Changes {
  const resources = all.filter((resource) => !resource.isLocal);
  const identities = new Set(resources.filter((resource) => resource.isNamespaced).map(identity));
  const previous = new Set<string>();
  const moves = (current: string): boolean => {
    if (current === namespace || (matcher !== undefined && matcher !== current)) return false;
    previous.add(current);
    return true;
  };
  let fields = 0;
  let annotations = 0;
  for (const resource of resources) {
    for (const path of namespaceFields(resource)) {
      const current = resource.text(path) ?? 'default';
      if (!moves(current === '' ? 'default' : current)) continue;
      resource.set(path, namespace);
      fields += 1;
    }
    const target = resource.annotation(dependsOn) ?? '';
    const segments = target.split('/');
    if (!namespaced.test(target) || !identities.has(target) || !moves(segments[namespaceSegment] ?? '')) continue;
    resource.set(['metadata', 'annotations', dependsOn], segments.with(namespaceSegment, namespace).join('/'));
    annotations += 1;
  }
  return { fields, annotations, previous: [...previous].toSorted() };
}

/** As a depends-on annotation names a resource: kpt book, "Depends-on". */
function identity(resource: Resource): string {
  const namespace = resource.text(['metadata', 'namespace']) ?? 'default';
  return `${resource.group}/namespaces/${namespace}/${resource.kind}/${resource.name}`;
}
