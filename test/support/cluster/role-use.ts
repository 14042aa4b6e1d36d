import { jsonAt, jsonList } from '../json-at.ts';
import type { ApiRequest } from './audit-log.ts';
import { ofKind } from './rendered-manifests.ts';

/**
 * What the Roles among `objects` grant and none of `requests` used, as `VERB RESOURCE in NAMESPACE`, with the name where
 * the grant has one. Empty means that nothing could be taken out of the Roles.
 */
export function unusedGrants(objects: readonly unknown[], requests: readonly ApiRequest[]): readonly string[] {
  const unused: string[] = [];
  for (const role of ofKind(objects, 'Role')) {
    const namespace = String(jsonAt(role, 'metadata', 'namespace'));
    for (const rule of jsonList(role, 'rules')) {
      const names = jsonList(rule, 'resourceNames').map(String);
      const uses = requests.filter(
        (request) =>
          request.namespace === namespace &&
          request.status !== 403 &&
          jsonList(rule, 'apiGroups').includes(request.group) &&
          (names.length === 0 || names.includes(request.name)),
      );
      for (const resource of jsonList(rule, 'resources').map(String)) {
        for (const verb of jsonList(rule, 'verbs').map(String)) {
          if (uses.some((request) => request.resource === resource && usesVerb(request, verb))) continue;
          unused.push(`${verb} ${resource} in ${namespace}${names.length === 0 ? '' : ` of the name ${names.join()}`}`);
        }
      }
    }
  }
  return unused;
}

/** An apply that creates is in the log as a patch, and needs both. */
function usesVerb(request: ApiRequest, verb: string): boolean {
  return request.verb === verb || (verb === 'create' && request.verb === 'patch' && request.status === 201);
}
