import { setTimeout as delay } from 'node:timers/promises';
import type { PodSpec } from './pod-spec.ts';

/** A way in which a node fails the pods that it is told for, for as long as it is told so. */
export type Behaviour =
  /** No node takes the pod. */
  | { readonly kind: 'unschedulable'; readonly message?: string }
  /** Pulling the image of the container `function` ends with this message: ErrImagePull, then ImagePullBackOff. */
  | { readonly kind: 'pull-fails'; readonly message: string }
  /** The container `function` waits for ever: `InvalidImageName`, `CreateContainerConfigError`, `CreateContainerError`, … */
  | { readonly kind: 'waits'; readonly reason: string; readonly message: string }
  /** The container `function` starts and ends at once, again and again. */
  | { readonly kind: 'crashes'; readonly exitCode: number; readonly reason?: string }
  /** Starting the container `function` takes this much longer. */
  | { readonly kind: 'slow-start'; readonly delayMs: number };

type PodMatch = (pod: PodSpec) => boolean;
type BehaviourOf<K extends Behaviour['kind']> = Extract<Behaviour, { kind: K }>;

/** What a node was told to do wrong. */
export class Behaviours {
  readonly #told = new Set<{ readonly matches: PodMatch; readonly behaviour: Behaviour }>();

  /** Returns what ends it. */
  add(matches: PodMatch, behaviour: Behaviour): () => void {
    const entry = { matches, behaviour };
    this.#told.add(entry);
    return () => this.#told.delete(entry);
  }

  of<K extends Behaviour['kind']>(kind: K, pod: PodSpec): BehaviourOf<K> | undefined {
    for (const { matches, behaviour } of this.#told) {
      if (isOfKind(behaviour, kind) && matches(pod)) return behaviour;
    }
    return undefined;
  }

  /** Resolves when the pod is no longer told so. */
  async end(kind: Behaviour['kind'], pod: PodSpec, signal: AbortSignal): Promise<void> {
    while (this.of(kind, pod) !== undefined) await delay(50, undefined, { signal });
  }
}

function isOfKind<K extends Behaviour['kind']>(behaviour: Behaviour, kind: K): behaviour is BehaviourOf<K> {
  return behaviour.kind === kind;
}
