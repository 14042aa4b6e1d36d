import { expect } from 'chai';
import { noCounters } from '../../../src/core/counters.ts';
import { silentLog } from '../../../src/core/log.ts';
import { openStore } from '../../../src/kubernetes/open-store.ts';
import { Permissions } from '../../../src/kubernetes/permissions.ts';
import { configMaps, secrets } from '../../../src/kubernetes/resources.ts';
import type { AccessRule } from '../api-double/access-rules.ts';
import { apiErrorOf } from './api-error-of.ts';
import type { Behaviour } from './api-under-test.ts';
import { configMapBody, secretBody } from './bodies.ts';
import { seenChanges } from './seen-changes.ts';
import { until } from './until.ts';

/** As Porch's own Role has it for secrets. */
const secretWriter: readonly AccessRule[] = [
  { apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'update', 'delete'] },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'], resourceNames: ['template'] },
];

const quiet = { log: silentLog, counters: noCounters };

export const accessBehaviours: readonly Behaviour[] = [
  {
    title: 'refuses what the Role does not allow, and the error names the missing verb',
    show: async ({ restricted, namespace }, signal) => {
      const api = await restricted(secretWriter);
      const error = await apiErrorOf(api.list(secrets(namespace), {}, signal));
      expect(error).to.include({ code: 'CLUSTER_DENIED', status: 403, reason: 'Forbidden' });
      expect(error.message).to.include(`did not list secrets in ${namespace}`);
      expect(error.details.hint).to.equal(
        `Allow the verb "list" on secrets in namespace ${namespace} in the runner's Role.`,
      );
    },
  },
  {
    title: 'tells what is allowed, by verb, resource and name',
    show: async ({ restricted, namespace }) => {
      const permissions = new Permissions({ api: await restricted(secretWriter), log: silentLog });
      const asked = [
        ['get', 'secrets', undefined],
        ['watch', 'secrets', undefined],
        ['patch', 'secrets', 'auth-secret'],
        ['watch', 'configmaps', undefined],
        ['watch', 'configmaps', 'template'],
        ['watch', 'configmaps', 'other'],
      ] as const;
      const told = await Promise.all(
        asked.map(async ([verb, resource, name]) => permissions.allows(namespace, verb, '', resource, name)),
      );
      expect(told).to.deep.equal([true, false, false, false, true, false]);
    },
  },
  {
    title: 'lets one name be created by an apply where a creation of that name is allowed, and by no POST',
    show: async ({ restricted, namespace }, signal) => {
      const rule = { apiGroups: [''], resources: ['secrets'] };
      const api = await restricted([
        { ...rule, verbs: ['create', 'patch'], resourceNames: ['named'] },
        { ...rule, verbs: ['patch'], resourceNames: ['only-changed'] },
      ]);
      const apply = async (name: string): Promise<unknown> =>
        api.patch(secrets(namespace), name, secretBody(name, {}), { type: 'apply', fieldManager: 'one' }, signal);
      expect(await apiErrorOf(api.create(secrets(namespace), secretBody('named', {}), signal))).to.include({
        status: 403,
      });
      await apply('named');
      for (const name of ['only-changed', 'other']) {
        expect(await apiErrorOf(apply(name))).to.include({ status: 403, reason: 'Forbidden' });
      }
    },
  },
  {
    title: 'lets one object be followed by name, watched or read anew as the Role has it',
    show: async ({ api: admin, restricted, namespace }, signal) => {
      const api = await restricted(secretWriter);
      const permissions = new Permissions({ api, log: silentLog });
      const shared = { api, permissions, ...quiet, intervalMs: 20 };
      await admin.create(configMaps(namespace), configMapBody('template', { a: '1' }), signal);
      const watched = await openStore({ ...shared, resource: configMaps(namespace), name: 'template' });
      const polled = await openStore({ ...shared, resource: secrets(namespace), name: 'auth-secret' });
      const seen = [seenChanges(watched), seenChanges(polled)];
      expect(watched.get('template')?.data).to.deep.equal({ a: '1' });
      expect(polled.list()).to.deep.equal([]);
      await admin.delete(configMaps(namespace), 'template', {}, signal);
      await admin.create(secrets(namespace), secretBody('auth-secret', {}), signal);
      await until(() => seen.every((changes) => changes.length === 1), signal);
      await admin.delete(secrets(namespace), 'auth-secret', {}, signal);
      await until(() => seen[1]?.length === 2, signal);
      watched.close();
      polled.close();
      expect(seen).to.deep.equal([['deleted template'], ['added auth-secret', 'deleted auth-secret']]);
    },
  },
];
