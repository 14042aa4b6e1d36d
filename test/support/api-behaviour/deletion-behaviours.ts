import { expect } from 'chai';
import { configMaps, parseObject, pods } from '../../../src/kubernetes/resources.ts';
import { apiErrorOf } from './api-error-of.ts';
import type { ApiUnderTest, Behaviour } from './api-under-test.ts';
import { configMapBody, podBody } from './bodies.ts';

/** How objects go, and what only nodes and controllers write. */
export const deletionBehaviours: readonly Behaviour[] = [
  {
    title: 'deletes only the object and version that the preconditions name',
    show: async ({ api, namespace }, signal) => {
      const resource = configMaps(namespace);
      const { metadata } = await api.create(resource, configMapBody('guarded', {}), signal);
      const remove = async (preconditions: { uid?: string; resourceVersion?: string }): Promise<boolean> =>
        api.delete(resource, 'guarded', { preconditions }, signal);
      const other = '00000000-0000-0000-0000-000000000000';
      expect(await apiErrorOf(remove({ uid: other }))).to.include({ status: 409, reason: 'Conflict' });
      expect(await apiErrorOf(remove({ resourceVersion: '1' }))).to.include({ status: 409, reason: 'Conflict' });
      expect(await remove({ uid: metadata.uid, resourceVersion: metadata.resourceVersion })).to.equal(true);
      expect(await api.get(resource, 'guarded', signal)).to.equal(undefined);
    },
  },
  {
    title: 'removes a pod at once that no node has',
    show: async ({ api, namespace }, signal) => {
      await api.create(pods(namespace), podBody('unbound'), signal);
      expect(await api.delete(pods(namespace), 'unbound', {}, signal)).to.equal(true);
      expect(await api.get(pods(namespace), 'unbound', signal)).to.equal(undefined);
    },
  },
  {
    title: 'keeps a pod that a node has through its grace period, and its name with it',
    show: async (server, signal) => {
      const { api, namespace } = server;
      await api.create(pods(namespace), podBody('bound'), signal);
      await bind(server, 'bound', signal);
      expect((await api.get(pods(namespace), 'bound', signal))?.nodeName).to.equal('node-1');
      expect(await api.delete(pods(namespace), 'bound', {}, signal)).to.equal(true);
      const leaving = await api.get(pods(namespace), 'bound', signal);
      expect(leaving?.metadata.deletionMs ?? 0).to.be.greaterThan(Date.now() + 5000);
      const error = await apiErrorOf(api.create(pods(namespace), podBody('bound'), signal));
      expect(error).to.include({ status: 409, reason: 'AlreadyExists' });
      expect(await api.delete(pods(namespace), 'bound', { graceSeconds: 0 }, signal)).to.equal(true);
      expect(await api.get(pods(namespace), 'bound', signal)).to.equal(undefined);
    },
  },
  {
    title: 'keeps a deleted object until its last finalizer has gone',
    show: async ({ api, namespace }, signal) => {
      const resource = configMaps(namespace);
      const body = configMapBody('held', {});
      const metadata = { name: 'held', finalizers: ['example.com/hold'] };
      await api.create(resource, { ...body, metadata }, signal);
      expect(await api.delete(resource, 'held', {}, signal)).to.equal(true);
      const held = await api.get(resource, 'held', signal);
      expect(held?.metadata.finalizers).to.deep.equal(['example.com/hold']);
      expect(held?.metadata.deletionMs).to.be.a('number');
      await api.patch(resource, 'held', { metadata: { finalizers: null } }, { type: 'merge' }, signal);
      expect(await api.get(resource, 'held', signal)).to.equal(undefined);
    },
  },
  {
    title: 'changes the status by its subresource alone',
    show: async ({ api, namespace }, signal) => {
      await api.create(pods(namespace), podBody('told'), signal);
      const status = { phase: 'Running', podIP: '10.1.2.3', podIPs: [{ ip: '10.1.2.3' }] };
      const ignored = await api.patch(pods(namespace), 'told', { status }, { type: 'merge' }, signal);
      expect(ignored.status.phase).to.equal('Pending');
      const options = { type: 'merge', subresource: 'status' } as const;
      const told = await api.patch(pods(namespace), 'told', { status }, options, signal);
      expect(told.status).to.include({ phase: 'Running', podIp: '10.1.2.3' });
    },
  },
];

/** What a scheduler does. */
async function bind({ api, namespace }: ApiUnderTest, name: string, signal: AbortSignal): Promise<void> {
  const pod = pods(namespace);
  const binding = { ...pod, path: `${pod.path}/${name}/binding`, parse: parseObject };
  const target = { apiVersion: 'v1', kind: 'Node', name: 'node-1' };
  await api.create(binding, { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target }, signal);
}
