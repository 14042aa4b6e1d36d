import { RunnerError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { safeText } from '../core/safe-text.ts';
import { objectAt, textAt } from '../kubernetes/object-meta.ts';
import type { ContainerStatus, Pod } from '../kubernetes/pod.ts';
import { functionContainer } from './plan/pod-template.ts';
import { exitText, logHint, startFailure, type StartFailure } from './verdict/start-failure.ts';

const maxMessageCharacters = 600;

/** How a pod, or the function's container in it, ended. */
export interface PodExit {
  /** Like `OOMKilled`, `Error`, `Evicted`, `Deleted`. */
  readonly reason: string;
  readonly exitCode: number | undefined;
  readonly message: string;
}

/** What a pod's status means for calls that wait for it. */
export type PodVerdict =
  /** May come up; `message` is the last thing that the status says, for when it does not in time. */
  | { readonly kind: 'starting'; readonly reason: string; readonly message: string }
  /** The function's container runs; whether it serves is for the in-pod server to say. `address` is an IP address. */
  | { readonly kind: 'dialable'; readonly address: string }
  | { readonly kind: 'hopeless'; readonly error: RunnerError }
  /** Takes no calls any more. */
  | { readonly kind: 'ended'; readonly exit: PodExit };

export interface VerdictNames {
  /** The function's image, as the pod has it. */
  readonly image: string;
  /** As the caller wrote it. */
  readonly requestedName: string;
}

/** Readiness, which includes that of side-cars, does not count: calls go out when the in-pod server says SERVING. */
export function podVerdict(pod: Pod, names: VerdictNames): PodVerdict {
  const { phase, podIp } = pod.status;
  const run = pod.status.containers.find(({ name }) => name === functionContainer);
  const isOver = phase === 'Succeeded' || phase === 'Failed' || pod.metadata.deletionMs !== undefined;
  if (isOver || isLeftEnded(pod, run)) return ended(pod, run, names);
  if (phase === 'Unknown' || pod.status.reason === 'NodeLost') return starting(pod, run);
  if (run?.state.kind === 'running' && podIp !== '') return { kind: 'dialable', address: podIp };
  const failed = firstFailure([...pod.status.initContainers, ...(run === undefined ? [] : [run])]);
  return failed === undefined ? starting(pod, run) : hopeless(pod, names, failed);
}

/** The function's container has ended and is not started again; side-cars that go on keep the pod from being over. */
function isLeftEnded({ raw }: Pod, run: ContainerStatus | undefined): boolean {
  if (run?.state.kind !== 'terminated') return false;
  const policy = textAt(objectAt(raw, 'spec'), 'restartPolicy');
  return policy === 'Never' || (policy === 'OnFailure' && run.state.exitCode === 0);
}

interface Failed {
  readonly container: ContainerStatus;
  readonly failure: StartFailure;
}

function firstFailure(containers: readonly ContainerStatus[]): Failed | undefined {
  for (const container of containers) {
    const failure = startFailure(container);
    if (failure !== undefined) return { container, failure };
  }
  return undefined;
}

/** A pod that is not restarted and whose container never ran would not do any better the next time. */
function ended(pod: Pod, run: ContainerStatus | undefined, names: VerdictNames): PodVerdict {
  const exit = exitOf(pod) ?? { reason: pod.status.phase, exitCode: undefined, message: '' };
  if (pod.metadata.deletionMs !== undefined || pod.status.phase === 'Succeeded') return { kind: 'ended', exit };
  const init = pod.status.initContainers.find(({ state }) => state.kind === 'terminated' && state.exitCode !== 0);
  if (init !== undefined) {
    const failure = startFailure(init) ?? initExit(init);
    return hopeless(pod, names, { container: init, failure });
  }
  const failure = run === undefined ? undefined : startFailure(run);
  if (run === undefined || failure === undefined || failure.code === 'FUNCTION_LIMIT') return { kind: 'ended', exit };
  return hopeless(pod, names, { container: run, failure });
}

function initExit({ state }: ContainerStatus): StartFailure {
  const message = state.kind === 'terminated' ? exitText(state) : '';
  return { code: 'POD_START', reason: 'Error', message, hint: logHint };
}

function hopeless(pod: Pod, names: VerdictNames, { container, failure }: Failed): PodVerdict {
  const { code, reason, message, hint } = failure;
  const isFunction = container.name === functionContainer;
  const image = isFunction ? names.image : templateImage(pod, container.name);
  const what = isFunction ? `image ${image}` : `container ${container.name} with image ${image}`;
  const node = pod.nodeName === '' ? '' : ` on node ${pod.nodeName}`;
  const text = statusText(message);
  return {
    kind: 'hopeless',
    error: new RunnerError(
      code,
      `pod ${pod.metadata.name}${node}, ${what}: ${reason}${text === '' ? '' : `: ${text}`}`,
      { hint, image: names.requestedName, runtime: 'pod' },
    ),
  };
}

function templateImage(pod: Pod, name: string): string {
  const { spec } = pod.raw;
  const lists = isJsonObject(spec) ? [spec['initContainers'], spec['containers']] : [];
  const found = lists
    .flatMap((list) => (Array.isArray(list) ? list.filter(isJsonObject) : []))
    .find((item) => item['name'] === name);
  const image = found?.['image'];
  return typeof image === 'string' ? image : 'unknown';
}

/** What holds the pod up, the earliest cause first. */
function starting(pod: Pod, run: ContainerStatus | undefined): PodVerdict {
  const { phase, reason, message, conditions, initContainers } = pod.status;
  if (reason !== '') return { kind: 'starting', reason, message: statusText(message) };
  const unscheduled = conditions.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  if (unscheduled !== undefined) {
    return { kind: 'starting', reason: unscheduled.reason, message: statusText(unscheduled.message) };
  }
  for (const { name, state } of [...initContainers, ...(run === undefined ? [] : [run])]) {
    if (state.kind === 'waiting' && state.reason !== '') {
      return { kind: 'starting', reason: state.reason, message: statusText(state.message) };
    }
    if (state.kind === 'terminated' && state.exitCode !== 0) {
      return { kind: 'starting', reason: state.reason, message: statusText(`container ${name}: ${exitText(state)}`) };
    }
  }
  return { kind: 'starting', reason: phase, message: '' };
}

/**
 * Why a pod that lost a call ended.
 *
 * @param pod undefined when it is gone
 * @param restartsBefore how often the container had been restarted when the call began: earlier ends are not its
 * @returns undefined while nothing tells
 */
export function exitOf(pod: Pod | undefined, restartsBefore = 0): PodExit | undefined {
  if (pod === undefined) return { reason: 'Deleted', exitCode: undefined, message: 'the pod is gone' };
  const run = pod.status.containers.find(({ name }) => name === functionContainer);
  return containerExit(run, restartsBefore) ?? podExit(pod);
}

function containerExit(run: ContainerStatus | undefined, restartsBefore: number): PodExit | undefined {
  if (run === undefined) return undefined;
  const restarted = run.restartCount > restartsBefore || run.state.kind === 'waiting';
  const states = restarted ? [run.state, run.lastState] : [run.state];
  const last = states.find((state) => state.kind === 'terminated');
  if (last === undefined) return undefined;
  const reason = last.reason === '' ? 'Error' : last.reason;
  return { reason, exitCode: last.exitCode, message: statusText(last.message) };
}

function podExit({ status, metadata }: Pod): PodExit | undefined {
  const isOver = status.phase === 'Failed' || status.phase === 'Succeeded';
  if (isOver || status.reason !== '') {
    const reason = status.reason === '' ? status.phase : status.reason;
    return { reason, exitCode: undefined, message: statusText(status.message) };
  }
  const disruption = status.conditions.find((each) => each.type === 'DisruptionTarget' && each.status === 'True');
  if (disruption !== undefined) {
    return { reason: disruption.reason, exitCode: undefined, message: statusText(disruption.message) };
  }
  if (metadata.deletionMs === undefined) return undefined;
  return { reason: 'Deleted', exitCode: undefined, message: 'the pod was deleted' };
}

/** A message of a node or scheduler as one line that may be shown. */
function statusText(message: string): string {
  return safeText(message, maxMessageCharacters);
}
