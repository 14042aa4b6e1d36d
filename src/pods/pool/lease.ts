import type { PodEndpoint } from '../pod-endpoint.ts';
import type { KnownPod } from './known-pod.ts';

/** A pod that gave no answer to a call, as it was when the call began. */
export interface LostPod {
  readonly known: KnownPod;
  /** Resolves when its in-pod server answers again; may never settle. */
  readonly recovered: Promise<void>;
}

/** The right to send one call to one pod. Its slot is given back exactly once, whatever happens. */
export class Lease {
  readonly known: KnownPod;
  readonly endpoint: PodEndpoint;
  readonly #release: () => void;
  readonly #lose: () => Promise<void>;
  #isHeld = true;

  constructor(parts: {
    readonly known: KnownPod;
    readonly endpoint: PodEndpoint;
    readonly release: () => void;
    /** Takes the pod's connection out of use. */
    readonly lose: () => Promise<void>;
  }) {
    this.known = parts.known;
    this.endpoint = parts.endpoint;
    this.#release = parts.release;
    this.#lose = parts.lose;
  }

  /** Tells that the pod gave no answer. */
  lost(): LostPod {
    return { known: this.known, recovered: this.#lose() };
  }

  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#release();
  }
}
