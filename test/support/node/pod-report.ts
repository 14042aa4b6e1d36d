import { type ContainerView, now } from './container-view.ts';
import type { Json } from './node-api.ts';

interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

export interface PodFacts {
  readonly scheduled: boolean;
  /** Why no node takes it. */
  readonly schedulingMessage: string;
  /** Set when the whole pod has ended: `Evicted`, …. */
  readonly ended: { readonly reason: string; readonly message: string } | undefined;
  readonly podIp: string;
  readonly restartPolicy: string;
  readonly inits: readonly ContainerView[];
  readonly containers: readonly ContainerView[];
}

/** The status of one pod as a kubelet (and the scheduler) would write it; remembers when conditions changed. */
export class PodReport {
  readonly #conditions = new Map<string, Condition & { readonly lastTransitionTime: string }>();

  status(facts: PodFacts): Json {
    const ready = facts.ended === undefined && facts.containers.every((view) => view.ready);
    const initialized = facts.inits.every((view) => view.exitCode === 0);
    const notReady = facts.containers.filter((view) => !view.ready).map((view) => view.spec.name);
    const why = ready
      ? {}
      : { reason: 'ContainersNotReady', message: `containers with unready status: [${notReady.join(' ')}]` };
    const conditions: readonly Condition[] = facts.scheduled
      ? [
          { type: 'PodScheduled', status: 'True' },
          { type: 'Initialized', status: initialized ? 'True' : 'False' },
          { type: 'ContainersReady', status: ready ? 'True' : 'False', ...why },
          { type: 'Ready', status: ready ? 'True' : 'False', ...why },
        ]
      : [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: facts.schedulingMessage }];
    return {
      phase: phaseOf(facts, initialized),
      ...(facts.ended !== undefined && facts.ended),
      conditions: conditions.map((condition) => this.#dated(condition)),
      ...(facts.podIp !== '' && { podIP: facts.podIp, podIPs: [{ ip: facts.podIp }] }),
      ...(facts.scheduled && {
        initContainerStatuses: facts.inits.map((view) => view.status()),
        containerStatuses: facts.containers.map((view) => view.status()),
      }),
    };
  }

  #dated(condition: Condition): Json {
    const known = this.#conditions.get(condition.type);
    const lastTransitionTime = known?.status === condition.status ? known.lastTransitionTime : now();
    const dated = { ...condition, lastTransitionTime };
    this.#conditions.set(condition.type, dated);
    return dated;
  }
}

function phaseOf({ ended, containers, restartPolicy, inits }: PodFacts, initialized: boolean): string {
  if (ended !== undefined) return 'Failed';
  if (restartPolicy === 'Never' && inits.some((view) => (view.exitCode ?? 0) !== 0)) return 'Failed';
  if (!initialized || containers.some((view) => !view.wasStarted)) return 'Pending';
  const exits = containers.map((view) => view.exitCode);
  if (exits.some((code) => code === undefined)) return 'Running';
  return exits.every((code) => code === 0) ? 'Succeeded' : 'Failed';
}
