import { GrpcFailure } from '../../../src/rpc/grpc-failure.ts';
import { startStageRunner, type StageRunner } from './stage-runner.ts';
import type { Stage } from './stage.ts';

/** The runners behind one Service, for callers that go to the next one when a runner is not to be reached. */
export class Replicas {
  /** Calls that went to another runner. */
  retries = 0;
  readonly #runners = new Map<number, StageRunner>();
  #turn = 0;

  /** Starts a runner in the place of the one that was there. */
  async start(index: number, stage: Stage, flags: readonly string[]): Promise<void> {
    this.#runners.set(index, await startStageRunner(stage, flags));
  }

  at(index: number): StageRunner {
    const runner = this.#runners.get(index);
    if (runner === undefined) throw new Error(`there is no runner ${String(index)}`);
    return runner;
  }

  /** Tries each runner once; goes to the next one after UNAVAILABLE and nothing else. */
  async evaluate(image: string, resourceList: string): Promise<string> {
    this.#turn += 1;
    const first = this.#turn;
    const count = this.#runners.size;
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.at((first + tries) % count).evaluate(image, resourceList);
      } catch (error) {
        if (!(error instanceof GrpcFailure) || error.status !== 'UNAVAILABLE' || tries === count) throw error;
        this.retries += 1;
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#runners.values()].map(async (runner) => runner.stop('SIGKILL')));
  }
}
