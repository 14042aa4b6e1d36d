import { toRunnerError } from '../core/errors.ts';
import { Planner } from '../pods/plan/planner.ts';
import type { Cluster } from '../wire-cluster.ts';
import { podSettings } from '../wire-pods.ts';
import { wirePullSecrets } from '../wire-pull-secrets.ts';
import type { WiredResolver } from '../wire-resolver.ts';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import type { Patient } from './patient.ts';

/** What the service would plan pods with. */
export interface Stage {
  readonly cluster: Cluster;
  readonly planner: Planner;
}

/** The pod runtime as far as it plans: nothing that writes is started. Images are looked up with its pull secrets from then on. */
export class Rehearsal {
  readonly #patient: Patient;
  readonly #under: ClusterUnderTest;
  readonly #parts = new AsyncDisposableStack();
  #stage: Promise<Stage | string> | undefined;

  constructor(patient: Patient, under: ClusterUnderTest) {
    this.#patient = patient;
    this.#under = under;
  }

  /** Made once. Or why pods cannot be planned. */
  async open(wired: WiredResolver): Promise<Stage | string> {
    this.#stage ??= this.#make(wired);
    return this.#stage;
  }

  async close(): Promise<void> {
    await this.#parts.disposeAsync();
  }

  async #make(wired: WiredResolver): Promise<Stage | string> {
    const reached = await this.#under.reached();
    if ('why' in reached) return reached.why;
    try {
      return await this.#plan(reached.cluster, wired);
    } catch (thrown) {
      return toRunnerError(thrown).message;
    }
  }

  async #plan(cluster: Cluster, wired: WiredResolver): Promise<Stage> {
    const { options, surroundings } = this.#patient;
    const [templates, configs] = await Promise.all([this.#under.templates(), this.#under.configs()]);
    const { credentials } = wired;
    const pullSecrets = wirePullSecrets(options, cluster, { templates, configs, credentials }, surroundings);
    this.#parts.defer(() => {
      pullSecrets.close();
    });
    await pullSecrets.open();
    wired.podSecrets.connect(pullSecrets.forResolver);
    const planner = new Planner({
      settings: podSettings(options, surroundings.environment['WRAPPER_SERVER_IMAGE'] ?? ''),
      templates,
      functionConfigs: configs,
      pullSecrets: pullSecrets.forPods,
      defaultImagePrefix: options.defaultImagePrefix,
    });
    return { cluster, planner };
  }
}
