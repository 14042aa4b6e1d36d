import type { Resource } from './resource.ts';

type Path = readonly (string | number)[];

/** The fields of a resource that hold the namespace it belongs to or points into. */
export function namespaceFields(resource: Resource): readonly Path[] {
  const own: readonly Path[] = resource.isNamespaced ? [['metadata', 'namespace']] : [];
  switch (`${resource.group}/${resource.kind}`) {
    case '/Namespace':
      return [['metadata', 'name']];
    case 'apiextensions.k8s.io/CustomResourceDefinition':
      return service(resource, ['spec', 'conversion', 'webhook', 'clientConfig', 'service']);
    case 'apiregistration.k8s.io/APIService':
      return service(resource, ['spec', 'service']);
    case 'rbac.authorization.k8s.io/ClusterRoleBinding':
    case 'rbac.authorization.k8s.io/RoleBinding':
      return [...subjects(resource), ...own];
    default:
      return own;
  }
}

function service(resource: Resource, path: readonly string[]): readonly Path[] {
  return resource.text([...path, 'name']) === undefined ? [] : [[...path, 'namespace']];
}

/** Users and groups have no namespace; a service account that names none belongs to whoever reads it. */
function subjects(resource: Resource): readonly Path[] {
  return Array.from({ length: resource.length(['subjects']) }, (_, index) => ['subjects', index, 'namespace']).filter(
    (path) => resource.text(path) !== undefined,
  );
}
