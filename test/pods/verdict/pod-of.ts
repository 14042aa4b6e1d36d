import type { JsonObject } from '../../../src/core/json.ts';
import type { Pod } from '../../../src/kubernetes/pod.ts';
import { pods } from '../../../src/kubernetes/resources.ts';

export const functionImage = `r.example/fn@sha256:${'ab'.repeat(32)}`;
export const wrapperImage = 'registry.example/wrapper:v1';

/** A pod with a status as kubelets write it. */
export function podOf(status: JsonObject, metadata: JsonObject = {}, spec: JsonObject = {}): Pod {
  return pods('porch-fn-system').parse({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'fn-0', namespace: 'porch-fn-system', uid: 'u1', ...metadata },
    spec: {
      nodeName: 'node-1',
      initContainers: [{ name: 'copy-wrapper-server', image: wrapperImage }],
      containers: [{ name: 'function', image: functionImage }],
      ...spec,
    },
    status,
  });
}

export const initialized: JsonObject = {
  name: 'copy-wrapper-server',
  ready: true,
  restartCount: 0,
  state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: '2026-01-01T00:00:00Z' } },
  lastState: {},
};

/** Status of the function's container. */
export function running(state: JsonObject, rest: JsonObject = {}): JsonObject {
  return { name: 'function', ready: false, restartCount: 0, state, lastState: {}, ...rest };
}

export function waiting(reason: string, message?: string): JsonObject {
  return { waiting: { reason, ...(message !== undefined && { message }) } };
}

export function terminated(exitCode: number, reason: string, message?: string): JsonObject {
  return { terminated: { exitCode, reason, ...(message !== undefined && { message }) } };
}

/** A pod whose init containers are done and whose function's container is as given. */
export function withFunction(container: JsonObject, rest: JsonObject = {}): Pod {
  return podOf({
    phase: 'Pending',
    podIP: '10.0.0.7',
    initContainerStatuses: [initialized],
    containerStatuses: [container],
    ...rest,
  });
}

export function withInit(state: JsonObject, rest: JsonObject = {}, status: JsonObject = {}): Pod {
  return podOf({
    phase: 'Pending',
    initContainerStatuses: [{ ...initialized, ready: false, state, ...rest }],
    containerStatuses: [running(waiting('PodInitializing'))],
    ...status,
  });
}

/** State of a container that runs. */
export const runs = { running: { startedAt: '2026-01-01T00:00:00Z' } };

/** Status of a container that was started again. */
export const crashed = running(runs, { restartCount: 1, lastState: terminated(137, 'OOMKilled') });

/** Metadata of a pod that is being deleted. */
export const deletion = { deletionTimestamp: '2026-01-01T00:00:30Z' };

/** What a node says whose pull the registry refuses. */
export const denied =
  'failed to resolve reference "x": unexpected status from HEAD request to https://r.example/v2/x: 401 Unauthorized';
