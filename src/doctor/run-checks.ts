import { withTimeout } from '../core/abort.ts';
import { unlessAborted } from '../core/unless-aborted.ts';
import type { Check } from './check.ts';
import { failed, type Remark } from './remark.ts';

/** A remark and who makes it. */
export interface Finding extends Remark {
  readonly check: string;
}

/**
 * Runs all checks at once and gives what they find in their order, each as soon as those before it are done. One that
 * fails or takes too long is a finding and hides none of the others.
 */
export async function* runChecks(checks: readonly Check[], signal: AbortSignal): AsyncGenerator<Finding> {
  const runs = checks.map(async (check) => runCheck(check, signal));
  for (const run of runs) yield* await run;
}

async function runCheck(check: Check, signal: AbortSignal): Promise<readonly Finding[]> {
  const { name, subject = '', timeoutMs } = check;
  const remarks = await remarksOf(check, signal).catch((thrown: unknown) => [failed(subject, thrown)]);
  return remarks.map((remark) => ({ check: name, ...remark }));

  async function remarksOf(each: Check, parent: AbortSignal): Promise<readonly Remark[]> {
    using bound = withTimeout(parent, timeoutMs, `looking at ${subject === '' ? name : subject}`);
    return await unlessAborted(each.run(bound.signal), bound.signal);
  }
}
