import type { Clock } from '../../core/clock.ts';
import { RunnerError } from '../../core/errors.ts';
import { ApiError } from '../../kubernetes/api-error.ts';
import type { Api, Resource } from '../../kubernetes/api.ts';
import { objectAt, textAt } from '../../kubernetes/object-meta.ts';
import type { Pod } from '../../kubernetes/pod.ts';
import type { PodPlan } from '../pod-plan.ts';
import { canServe, readKnownPod } from './known-pod.ts';
import type { PodIndex } from './pod-index.ts';
import { refusedError } from './pool-errors.ts';

interface LauncherParts {
  readonly api: Api;
  readonly resource: Resource<Pod>;
  readonly index: PodIndex;
  readonly clock: Clock;
}

export interface Launched {
  readonly pod: Pod;
  /** Another replica had started the same slot at the same time, or before. */
  readonly isShared: boolean;
}

/** Names that are taken by pods on their way out, and quarrels about a quota's own counter, pass within a few tries. */
const maxTries = 6;
const conflictPauseMs = 100;

/** Creates the pod of a slot, or finds the one that another replica made. */
export class Launcher {
  readonly #parts: LauncherParts;

  constructor(parts: LauncherParts) {
    this.#parts = parts;
  }

  /** @throws {RunnerError} `POD_START` when the cluster refuses the pod, `PULL_SECRET`, `CLUSTER_*` */
  async launch(plan: PodPlan, slot: number, signal: AbortSignal): Promise<Launched> {
    const { index, clock } = this.#parts;
    await plan.prepare(signal);
    let holderUid = index.lastHolderUid(plan.key, slot);
    for (let tries = 0; tries < maxTries; tries += 1) {
      const body = plan.pod(slot, holderUid);
      const created = await this.#create(plan, body, signal);
      if (created === 'conflict') await clock.delay(conflictPauseMs * 2 ** tries, signal);
      else if (created !== 'taken') return { pod: created, isShared: false };
      else {
        const name = textAt(objectAt(body, 'metadata'), 'name');
        const taken = await this.#occupant(name, plan, slot, signal);
        if (taken.kind === 'ours') return { pod: taken.pod, isShared: true };
        if (taken.kind === 'obstacle') holderUid = taken.uid;
      }
    }
    throw new RunnerError('POD_START', `no pod could be made for ${plan.image}: its names are taken by other pods`, {
      image: plan.image,
      hint: 'Try again; delete pods of the same name that this service has not made.',
    });
  }

  async #create(
    plan: PodPlan,
    body: ReturnType<PodPlan['pod']>,
    signal: AbortSignal,
  ): Promise<Pod | 'taken' | 'conflict'> {
    try {
      return await this.#parts.api.create(this.#parts.resource, body, signal);
    } catch (thrown) {
      if (!(thrown instanceof ApiError)) throw thrown;
      if (thrown.status !== 409) throw refusedError(thrown, plan, this.#parts.resource.namespace);
      return thrown.reason === 'AlreadyExists' ? 'taken' : 'conflict';
    }
  }

  /** Who has the name. A pod that takes no calls any more only keeps its name: the next one is named after it. */
  async #occupant(
    name: string,
    plan: PodPlan,
    slot: number,
    signal: AbortSignal,
  ): Promise<
    | { readonly kind: 'gone' }
    | { readonly kind: 'ours'; readonly pod: Pod }
    | { readonly kind: 'obstacle'; readonly uid: string }
  > {
    const { api, resource, index } = this.#parts;
    const pod = index.find(name) ?? (await api.get(resource, name, signal));
    if (pod === undefined) return { kind: 'gone' };
    const known = readKnownPod(pod);
    const { uid } = pod.metadata;
    const isOfSlot = known?.key === plan.key && known.slot === slot;
    if (!isOfSlot || !canServe(known) || index.condemned(uid) !== undefined) return { kind: 'obstacle', uid };
    return { kind: 'ours', pod };
  }
}
