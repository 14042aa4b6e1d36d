import type { PodEndpoint } from '../pod-endpoint.ts';

/** One connection to a pod and who uses it: it is closed when it is retired and its last call has ended. */
export class Link {
  readonly endpoint: PodEndpoint;
  #calls = 0;
  #isRetired = false;
  #isClosed = false;

  constructor(endpoint: PodEndpoint) {
    this.endpoint = endpoint;
  }

  take(): void {
    this.#calls += 1;
  }

  give(): void {
    this.#calls -= 1;
    this.#closeWhenUnused();
  }

  retire(): void {
    this.#isRetired = true;
    this.#closeWhenUnused();
  }

  #closeWhenUnused(): void {
    if (!this.#isRetired || this.#calls > 0 || this.#isClosed) return;
    this.#isClosed = true;
    this.endpoint.close();
  }
}
