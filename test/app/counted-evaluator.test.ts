import { expect } from 'chai';
import { countedEvaluator } from '../../src/counted-evaluator.ts';
import { noCounters } from '../../src/core/counters.ts';
import { type ErrorCode, RunnerError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';

const cases: readonly { readonly code: ErrorCode; readonly runtime: string | undefined }[] = [
  { code: 'FUNCTION_START', runtime: 'executable' },
  { code: 'FUNCTION_NOT_FOUND', runtime: undefined },
];

describe('an evaluator that is counted', () => {
  for (const { code, runtime } of cases) {
    it(`${runtime === undefined ? 'has not taken' : 'is named in'} a call that fails with ${code}`, async () => {
      const failing = { evaluate: async () => Promise.reject(new RunnerError(code, 'no')) };
      const request = { image: 'fn', resourceList: Buffer.from('x'), signal: AbortSignal.any([]), log: silentLog };
      const counted = countedEvaluator(failing, 'executable', noCounters);
      const error: unknown = await counted.evaluate(request).catch((thrown: unknown) => thrown);
      expect(error)
        .to.be.instanceOf(RunnerError)
        .with.property('details')
        .that.deep.equals(runtime === undefined ? {} : { runtime });
    });
  }
});
