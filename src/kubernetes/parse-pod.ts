import type { JsonObject } from '../core/json.ts';
import { numberAt, objectAt, objectsAt, parseMeta, textAt, timeAt } from './object-meta.ts';
import type { ContainerState, ContainerStatus, Pod, PodCondition, PodPhase, PodStatus } from './pod.ts';

const phases: readonly PodPhase[] = ['Pending', 'Running', 'Succeeded', 'Failed'];

/** Reads a pod, of which any part but the name may be missing. Shapes: Kubernetes API, Pod v1. */
export function parsePod(raw: JsonObject): Pod {
  return {
    metadata: parseMeta(raw),
    nodeName: textAt(objectAt(raw, 'spec'), 'nodeName'),
    status: parseStatus(objectAt(raw, 'status')),
    raw,
  };
}

function parseStatus(status: JsonObject): PodStatus {
  return {
    phase: phases.find((phase) => phase === status['phase']) ?? (status['phase'] === undefined ? 'Pending' : 'Unknown'),
    reason: textAt(status, 'reason'),
    message: textAt(status, 'message'),
    podIp: textAt(status, 'podIP'),
    conditions: objectsAt(status, 'conditions').map(parseCondition),
    initContainers: objectsAt(status, 'initContainerStatuses').map(parseContainer),
    containers: objectsAt(status, 'containerStatuses').map(parseContainer),
  };
}

function parseCondition(raw: JsonObject): PodCondition {
  return {
    type: textAt(raw, 'type'),
    status: textAt(raw, 'status'),
    reason: textAt(raw, 'reason'),
    message: textAt(raw, 'message'),
    transitionMs: timeAt(raw, 'lastTransitionTime'),
  };
}

function parseContainer(raw: JsonObject): ContainerStatus {
  return {
    name: textAt(raw, 'name'),
    ready: raw['ready'] === true,
    restartCount: numberAt(raw, 'restartCount'),
    state: parseState(objectAt(raw, 'state')),
    lastState: parseState(objectAt(raw, 'lastState')),
  };
}

function parseState(raw: JsonObject): ContainerState {
  const { waiting, running, terminated } = raw;
  if (terminated !== undefined) {
    const ended = objectAt(raw, 'terminated');
    const exitCode = numberAt(ended, 'exitCode');
    return { kind: 'terminated', exitCode, reason: textAt(ended, 'reason'), message: textAt(ended, 'message') };
  }
  if (running !== undefined) return { kind: 'running', startedMs: timeAt(objectAt(raw, 'running'), 'startedAt') };
  if (waiting === undefined) return { kind: 'unknown' };
  const wait = objectAt(raw, 'waiting');
  return { kind: 'waiting', reason: textAt(wait, 'reason'), message: textAt(wait, 'message') };
}
