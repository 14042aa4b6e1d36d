import { noCounters } from '../../../../src/core/counters.ts';
import { silentLog } from '../../../../src/core/log.ts';
import { ApiClient } from '../../../../src/kubernetes/api-client.ts';
import { type ApiDouble, startApiDouble } from '../../../support/api-double/api-double.ts';
import { SteppedClock } from '../../stepped-clock.ts';
import { Program, type Role, roles, type Runner, runnerOf } from './generated-runner.ts';

export const minuteMs = 60_000;

/** An API server with a user for each Role, and the replicas that a test starts there. */
export interface GeneratedStage {
  readonly double: ApiDouble;
  readonly admin: ApiClient;
  readonly clock: SteppedClock;
  readonly signal: AbortSignal;
  /** One more replica. */
  runner(role: Role, program?: Program): Runner;
  stop(): Promise<void>;
}

export async function startGeneratedStage(): Promise<GeneratedStage> {
  const double = await startApiDouble();
  for (const [role, rules] of Object.entries(roles)) double.addUser(role, rules);
  const admin = new ApiClient({ access: double.access(), log: silentLog, counters: noCounters });
  // The double's times are real ones, and no write comes before its login.
  const clock = new SteppedClock(Date.now() - 24 * 60 * minuteMs);
  const started = new AsyncDisposableStack();
  started.defer(async () => double.stop());
  started.defer(async () => admin.close());
  return {
    double,
    admin,
    clock,
    signal: AbortSignal.timeout(10_000),
    runner: (role, program = new Program(clock)) => {
      const made = runnerOf(double, role, clock, program);
      started.defer(async () => made.close());
      return made;
    },
    stop: async () => started.disposeAsync(),
  };
}
