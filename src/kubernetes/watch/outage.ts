import type { Log } from '../../core/log.ts';
import type { Resource } from '../api.ts';
import type { ApiObject } from '../object.ts';

/** Says once that what is known of a resource may be old, and once that it is not any more. */
export class Outage {
  readonly #log: Log;
  readonly where: { readonly resource: string; readonly namespace: string };
  #isOn = false;

  constructor(log: Log, { name, namespace }: Resource<ApiObject>) {
    this.#log = log;
    this.where = { resource: name, namespace };
  }

  began(error: string, hint?: string): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#log.warn('lost sight of the cluster; keeping the last known state', { ...this.where, error, hint });
  }

  over(): void {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#log.info('in sight of the cluster again', this.where);
  }
}
