import { mergeObjects } from './merge.ts';
import { functionContainer, type Container, type PodSpec } from './pod-template.ts';

const scratch = 'function-tmp';

/** The function's root file system made read-only, with a volume at /tmp unless there is one; or writable. */
export function setReadOnlyRoot(spec: PodSpec, readOnly: boolean): PodSpec {
  const run = spec.containers.find(({ name }) => name === functionContainer);
  const needsTmp = readOnly && !hasTmp(run);
  return {
    ...spec,
    containers: spec.containers.map((each) => (each === run ? withRoot(each, readOnly, needsTmp) : each)),
    ...(needsTmp && { volumes: [...(spec.volumes ?? []), { name: scratch, emptyDir: {} }] }),
  };
}

function hasTmp(container: Container | undefined): boolean {
  return container?.volumeMounts?.some(({ mountPath }) => mountPath === '/tmp' || mountPath === '/tmp/') ?? false;
}

function withRoot(container: Container, readOnly: boolean, needsTmp: boolean): Container {
  const merged = mergeObjects(container, { securityContext: { readOnlyRootFilesystem: readOnly } });
  const mounts = [...(container.volumeMounts ?? []), ...(needsTmp ? [{ name: scratch, mountPath: '/tmp' }] : [])];
  return { ...merged, name: container.name, ...(mounts.length > 0 && { volumeMounts: mounts }) };
}
