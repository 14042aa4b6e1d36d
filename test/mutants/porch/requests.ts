import type { Mutant } from '../../support/mutant-tree.ts';

const starting = 'test/pods/pool/starting.test.ts';

/** 11: requests to the API server, 12: a Service per pod. */
export const requests: readonly Mutant[] = [
  {
    fault: 'reads pods from the API server in every call (11)',
    file: 'src/pods/pool/pool.ts',
    find: 'return await dispatch(parts, plan, request, signal);',
    replace: `await this.#options.api.list(this.#options.resource, {}, signal);
    return await dispatch(parts, plan, request, signal);`,
    test: starting,
    title: 'costs one write when there is none, and no request when it serves',
  },
  {
    fault: 'reads the pull secret from the API server in every call (11)',
    file: 'src/kubernetes/pull-secret/pull-secret.ts',
    find: `if (scope === 'all')`,
    replace: `this.#options.api.get(this.#options.resource, name, AbortSignal.timeout(1000)).catch(() => undefined);
    if (scope === 'all')`,
    test: 'test/kubernetes/pull-secret/pull-secret.test.ts',
    title: 'costs no request while nothing changes',
  },
  {
    fault: 'asks every 100 ms whether a pod is ready (11)',
    file: 'src/pods/pool/launcher.ts',
    find: `else if (created !== 'taken') return { pod: created, isShared: false };`,
    replace: `else if (created !== 'taken') {
        const { api, resource } = this.#parts;
        for (let pod: Pod | undefined = created; pod?.status.podIp === ''; ) {
          await clock.delay(100, signal);
          pod = await api.get(resource, created.metadata.name, signal);
        }
        return { pod: created, isShared: false };
      }`,
    test: starting,
    title: 'costs no request while it is waited for',
  },
  {
    fault: 'makes a Service for every pod though nobody asked for it (12)',
    file: 'src/pods/pool/pool.ts',
    find: `const needsFronts = podAddress === 'service' && services !== undefined;`,
    replace: `const needsFronts = podAddress !== undefined && services !== undefined;`,
    test: 'test/pods/pool/collecting.test.ts',
    title: 'is not made where pods are reached by their addresses',
  },
  {
    fault: 'reaches pods by Services unless told otherwise (12)',
    file: 'src/config/pod-options.ts',
    find: `default: 'ip',`,
    replace: `default: 'service',`,
    test: 'test/config/service-options.test.ts',
    title: 'have --pod-address with its default',
  },
];
