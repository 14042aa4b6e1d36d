import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import type { Agents } from '../transport/agents.ts';
import { outOfDate } from './ca-bundle.ts';
import type { StepMemory } from './step-memory.ts';
import type { MountedCa } from '../transport/transport-options.ts';

export interface MountedRootsOptions {
  readonly mountedCa: MountedCa | undefined;
  readonly agents: Agents;
  readonly memory: StepMemory;
  readonly log: Log;
  readonly clock: Clock;
}

/** Carries a change of the mounted CA to everything that was decided under the one before. */
export class MountedRoots {
  readonly #options: MountedRootsOptions;
  #version = -1;
  #isEmpty = true;

  constructor(options: MountedRootsOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#isEmpty;
  }

  /** Looks for a new version. Throws what the mounted file throws. */
  async refresh(): Promise<void> {
    const { mountedCa, agents, memory, log, clock } = this.#options;
    if (mountedCa === undefined) return;
    const roots = await mountedCa.current();
    if (mountedCa.version === this.#version) return;
    this.#version = mountedCa.version;
    this.#isEmpty = roots.length === 0;
    agents.useMountedRoots(roots);
    memory.forgetSteps();
    for (const warning of outOfDate(roots, clock.now()))
      log.warn('mounted certificate authority is out of date', { warning });
  }
}
