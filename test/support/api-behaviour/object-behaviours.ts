import { expect } from 'chai';
import { onlyIfStill } from '../../../src/kubernetes/apply-precondition.ts';
import { objectAt } from '../../../src/kubernetes/object-meta.ts';
import type { ApiObject } from '../../../src/kubernetes/object.ts';
import { configMaps, pods, secrets } from '../../../src/kubernetes/resources.ts';
import { apiErrorOf } from './api-error-of.ts';
import type { Behaviour } from './api-under-test.ts';
import { configMapBody, podBody, secretBody } from './bodies.ts';

export const objectBehaviours: readonly Behaviour[] = [
  {
    title: 'gives a created object a uid, a version, a time and its manager',
    show: async ({ api, namespace }, signal) => {
      const created = await api.create(configMaps(namespace), configMapBody('made', { a: '1' }), signal);
      expect(created.metadata).to.include({ name: 'made', namespace });
      expect(created.metadata.uid).to.match(/^[0-9a-f-]{36}$/);
      expect(Number(created.metadata.resourceVersion)).to.be.greaterThan(0);
      expect(Math.abs(created.metadata.createdMs - Date.now())).to.be.lessThan(60_000);
      expect(created.metadata.managers).to.deep.equal(['krm-function-runner']);
      expect(await api.get(configMaps(namespace), 'made', signal)).to.deep.equal(created);
    },
  },
  {
    title: 'gives nothing for a name that is not there',
    show: async ({ api, namespace }, signal) => {
      expect(await api.get(pods(namespace), 'none', signal)).to.equal(undefined);
      expect(await api.delete(pods(namespace), 'none', {}, signal)).to.equal(false);
    },
  },
  {
    title: 'refuses a second object of one name with AlreadyExists',
    show: async ({ api, namespace }, signal) => {
      await api.create(configMaps(namespace), configMapBody('twice', {}), signal);
      const error = await apiErrorOf(api.create(configMaps(namespace), configMapBody('twice', {}), signal));
      expect(error).to.include({ code: 'CLUSTER_REFUSED', status: 409, reason: 'AlreadyExists' });
    },
  },
  {
    title: 'gives what a creation would give, and creates nothing',
    show: async ({ api, namespace }, signal) => {
      const tried = await api.tryCreate(pods(namespace), podBody('tried'), signal);
      expect(tried.metadata).to.include({ name: 'tried', namespace });
      expect(await api.get(pods(namespace), 'tried', signal)).to.equal(undefined);
    },
  },
  {
    title: 'refuses a name that is no DNS name with Invalid',
    show: async ({ api, namespace }, signal) => {
      const error = await apiErrorOf(api.create(pods(namespace), podBody('Upper_Case'), signal));
      expect(error).to.include({ code: 'CLUSTER_REFUSED', status: 422, reason: 'Invalid' });
    },
  },
  {
    title: 'lists by label selector, with a version to watch from',
    show: async ({ api, namespace }, signal) => {
      for (const [name, app] of [
        ['one', 'a'],
        ['two', 'a'],
        ['three', 'b'],
      ] as const) {
        await api.create(pods(namespace), podBody(name, { app }), signal);
      }
      const found = await api.list(pods(namespace), { labelSelector: 'app=a' }, signal);
      expect(found.items.map((pod) => pod.metadata.name)).to.deep.equal(['one', 'two']);
      expect(found.items[0]?.status.phase).to.equal('Pending');
      expect(Number(found.resourceVersion)).to.be.greaterThan(0);
      const named = await api.list(pods(namespace), { fieldSelector: 'metadata.name=three' }, signal);
      expect(named.items.map((pod) => pod.metadata.name)).to.deep.equal(['three']);
    },
  },
  {
    title: 'updates by version, and refuses an older one with Conflict',
    show: async ({ api, namespace }, signal) => {
      const resource = configMaps(namespace);
      const first = await api.create(resource, configMapBody('kept', { a: '1' }), signal);
      const second = await api.update(resource, 'kept', { ...first.raw, data: { a: '2' } }, signal);
      expect(second.data).to.deep.equal({ a: '2' });
      expect(second.metadata.uid).to.equal(first.metadata.uid);
      expect(Number(second.metadata.resourceVersion)).to.be.greaterThan(Number(first.metadata.resourceVersion));
      const error = await apiErrorOf(api.update(resource, 'kept', { ...first.raw, data: { a: '3' } }, signal));
      expect(error).to.include({ code: 'CLUSTER_REFUSED', status: 409, reason: 'Conflict' });
    },
  },
  {
    title: 'keeps the version of an object that an update does not change',
    show: async ({ api, namespace }, signal) => {
      const first = await api.create(configMaps(namespace), configMapBody('same', { a: '1' }), signal);
      const again = await api.update(configMaps(namespace), 'same', first.raw, signal);
      expect(again.metadata.resourceVersion).to.equal(first.metadata.resourceVersion);
    },
  },
  {
    title: 'does not update what is not there',
    show: async ({ api, namespace }, signal) => {
      const error = await apiErrorOf(api.update(configMaps(namespace), 'none', configMapBody('none', {}), signal));
      expect(error).to.include({ code: 'CLUSTER_REFUSED', status: 404, reason: 'NotFound' });
    },
  },
  {
    title: 'merges a patch: sets, keeps and removes',
    show: async ({ api, namespace }, signal) => {
      await api.create(configMaps(namespace), configMapBody('mixed', { keep: '1', drop: '2' }), signal);
      const patch = { metadata: { annotations: { note: 'x' } }, data: { drop: null, add: '3' } };
      const patched = await api.patch(configMaps(namespace), 'mixed', patch, { type: 'merge' }, signal);
      expect(patched.data).to.deep.equal({ keep: '1', add: '3' });
      expect(patched.metadata.annotations).to.deep.equal({ note: 'x' });
    },
  },
  {
    title: 'refuses a merge patch that names an older version',
    show: async ({ api, namespace }, signal) => {
      const resource = configMaps(namespace);
      const first = await api.create(resource, configMapBody('bound', {}), signal);
      const { resourceVersion } = first.metadata;
      const patch = (note: string): object => ({ metadata: { resourceVersion, annotations: { note } } });
      await api.patch(resource, 'bound', { ...patch('a') }, { type: 'merge' }, signal);
      const error = await apiErrorOf(api.patch(resource, 'bound', { ...patch('b') }, { type: 'merge' }, signal));
      expect(error).to.include({ status: 409, reason: 'Conflict' });
    },
  },
  {
    title: 'applies: creates, then changes, and refuses what another manager owns unless it is forced',
    show: async ({ api, namespace }, signal) => {
      const resource = configMaps(namespace);
      const body = (a: string): ReturnType<typeof configMapBody> => configMapBody('applied', { a });
      const by = (fieldManager: string, force = false): { type: 'apply'; fieldManager: string; force: boolean } => ({
        type: 'apply',
        fieldManager,
        force,
      });
      const made = await api.patch(resource, 'applied', body('1'), by('one'), signal);
      expect(made.metadata.managers).to.deep.equal(['one']);
      expect((await api.patch(resource, 'applied', body('2'), by('one'), signal)).data).to.deep.equal({ a: '2' });
      const error = await apiErrorOf(api.patch(resource, 'applied', body('3'), by('two'), signal));
      expect(error).to.include({ status: 409, reason: 'Conflict' });
      expect((await api.patch(resource, 'applied', body('3'), by('two', true), signal)).data).to.deep.equal({ a: '3' });
    },
  },
  {
    title: 'applies only to the object that was seen, or only where there is none',
    show: async ({ api, namespace }, signal) => {
      const resource = configMaps(namespace);
      const apply = async (a: string, seen?: ApiObject): Promise<ApiObject> => {
        const body = configMapBody('bound-apply', { a });
        const metadata = { ...objectAt(body, 'metadata'), ...onlyIfStill(seen) };
        const options = { type: 'apply', fieldManager: 'one', force: true } as const;
        return api.patch(resource, 'bound-apply', { ...body, metadata }, options, signal);
      };
      const refusedAs = async (a: string, seen?: ApiObject): Promise<void> => {
        expect(await apiErrorOf(apply(a, seen))).to.include({ status: 409, reason: 'Conflict' });
      };
      const first = await apply('1');
      await refusedAs('2');
      const second = await apply('3', first);
      expect(second.metadata.uid).to.equal(first.metadata.uid);
      await refusedAs('4', first);
      await api.delete(resource, 'bound-apply', {}, signal);
      await refusedAs('5', second);
      expect(await api.get(resource, 'bound-apply', signal)).to.equal(undefined);
    },
  },
  {
    title: 'refuses to change the type of a Secret, and shows nothing of its data',
    show: async ({ api, namespace }, signal) => {
      const resource = secrets(namespace);
      const value = Buffer.from('hidden-value').toString('base64');
      const made = await api.create(resource, secretBody('typed', { key: value }), signal);
      expect(made).to.include({ type: 'Opaque' });
      expect(made.data['key']?.reveal().toString()).to.equal('hidden-value');
      expect(JSON.stringify(made)).to.not.include(value);
      const other = secretBody('typed', { key: value }, 'example.com/other');
      const error = await apiErrorOf(api.update(resource, 'typed', other, signal));
      expect(error).to.include({ code: 'CLUSTER_REFUSED', status: 422, reason: 'Invalid' });
      expect(error.message).to.not.include(value);
    },
  },
  {
    title: 'refuses a patch of what a pod runs',
    show: async ({ api, namespace }, signal) => {
      await api.create(pods(namespace), podBody('fixed'), signal);
      const patch = { spec: { serviceAccountName: 'other' } };
      const error = await apiErrorOf(api.patch(pods(namespace), 'fixed', patch, { type: 'merge' }, signal));
      expect(error).to.include({ status: 422, reason: 'Invalid' });
    },
  },
];
