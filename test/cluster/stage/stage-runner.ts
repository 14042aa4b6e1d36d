import { RunnerClient } from '../../../src/rpc/client.ts';
import { type ServingProcess, startServing } from '../../commands/serving.ts';
import type { Stage } from './stage.ts';

/** The runner of a stage as a process of its own, like one replica of its Deployment. */
export interface StageRunner extends ServingProcess {
  /** Rejects with `GrpcFailure`. @returns the ResourceList that came back */
  evaluate(image: string, resourceList: string): Promise<string>;
}

const callDeadlineMs = 60_000;

export async function startStageRunner(stage: Stage, flags: readonly string[] = []): Promise<StageRunner> {
  const serving = await startServing([...stage.flags, ...flags], { WRAPPER_SERVER_IMAGE: stage.wrapperImage });
  const client = new RunnerClient(serving.address);
  return {
    ...serving,
    evaluate: async (image, resourceList) => {
      const request = { image, resourceList: Buffer.from(resourceList) };
      return (await client.evaluateFunction(request, { deadlineMs: callDeadlineMs })).resourceList.toString();
    },
    stop: async (signal) => {
      client.close();
      return serving.stop(signal);
    },
  };
}
