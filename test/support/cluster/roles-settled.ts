import { setTimeout as wait } from 'node:timers/promises';
import { jsonAt } from '../json-at.ts';
import type { AdminClient } from './admin-client.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
let marker = 0;

/**
 * Resolves when the API server's authorizer knows all roles and bindings written before: it watches each of the four
 * kinds, in order, so it knows them when it knows one of each kind that is made now.
 */
export async function rolesSettled(admin: AdminClient): Promise<void> {
  marker += 1;
  const name = `settled-${String(marker)}`;
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }];
  for (const [prefix, kind, path] of [
    ['', 'Role', `${rbac}/namespaces/default/`],
    ['cluster', 'ClusterRole', `${rbac}/`],
  ] as const) {
    const rules = [{ apiGroups: ['settled.test'], resources: [`${prefix}things`], verbs: ['get'] }];
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind, name };
    await admin.must('POST', `${path}${prefix}roles`, { metadata: { name }, rules });
    await admin.must('POST', `${path}${prefix}rolebindings`, { metadata: { name }, roleRef, subjects });
  }
  for (const resource of ['things', 'clusterthings']) await allowed(admin, name, resource);
}

async function allowed(admin: AdminClient, user: string, resource: string): Promise<void> {
  const deadlineMs = Date.now() + 20_000;
  const resourceAttributes = { namespace: 'default', verb: 'get', group: 'settled.test', resource };
  for (;;) {
    const review = await admin.must('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      spec: { user, resourceAttributes },
    });
    if (jsonAt(review, 'status', 'allowed') === true) return;
    if (Date.now() > deadlineMs) throw new Error('the authorizer does not take up new roles');
    await wait(10);
  }
}
