import { expect } from 'chai';
import { type ErrorCode, RunnerError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { EvaluatorChain } from '../../src/evaluate/chain.ts';
import type { Evaluator, Outcome } from '../../src/evaluate/evaluator.ts';
import { refused } from './refused.ts';

const outcome: Outcome = {
  runtime: 'local',
  exitCode: 0,
  output: Buffer.from('kind: ResourceList'),
  stderr: Buffer.alloc(0),
  stderrBytes: 0,
  results: [],
  digest: undefined,
};

describe('a chain of evaluators', () => {
  it('takes the answer of the first that has the function', async () => {
    const later = counting(answering());
    expect(await evaluate(failing('FUNCTION_NOT_FOUND'), answering(), later)).to.equal(outcome);
    expect(later.calls).to.equal(0);
  });

  for (const code of ['FUNCTION_START', 'MAN_NOT_FOUND', 'UNREACHABLE', 'CANCELLED'] as const) {
    it(`does not ask the next after ${code}`, async () => {
      const later = counting(answering());
      const error = await refusal(failing(code), later);
      expect(error.code).to.equal(code);
      expect(error.details.image).to.equal('fn:v1');
      expect(later.calls).to.equal(0);
    });
  }

  it('says so when none has the function', async () => {
    const error = await refusal(failing('FUNCTION_NOT_FOUND'), failing('FUNCTION_NOT_FOUND'));
    expect(error.code).to.equal('FUNCTION_NOT_FOUND');
    expect(error.message).to.include('fn:v1');
    expect(error.details.hint).to.include('--config');
  });

  it('says so when it is empty', async () => {
    expect((await refusal()).code).to.equal('FUNCTION_NOT_FOUND');
  });

  it('lets what is no error of ours pass', async () => {
    const fault = new TypeError('a bug');
    const chain = new EvaluatorChain([{ evaluate: async () => Promise.reject(fault) }]);
    const thrown = await chain.evaluate(request()).catch((error: unknown) => error);
    expect(thrown).to.equal(fault);
  });

  it('asks nobody once the caller is gone', async () => {
    const evaluator = counting(answering());
    const gone = new RunnerError('CANCELLED', 'the caller is gone');
    const chain = new EvaluatorChain([evaluator]);
    const thrown = await chain.evaluate(request(AbortSignal.abort(gone))).catch((error: unknown) => error);
    expect(thrown).to.equal(gone);
    expect(evaluator.calls).to.equal(0);
  });
});

function request(signal = new AbortController().signal): Parameters<Evaluator['evaluate']>[0] {
  return { image: 'fn:v1', resourceList: Buffer.alloc(0), signal, log: silentLog };
}

async function evaluate(...evaluators: readonly Evaluator[]): Promise<Outcome> {
  return new EvaluatorChain(evaluators).evaluate(request());
}

async function refusal(...evaluators: readonly Evaluator[]): Promise<RunnerError> {
  return refused(evaluate(...evaluators));
}

function answering(): Evaluator {
  return { evaluate: async () => Promise.resolve(outcome) };
}

function failing(code: ErrorCode): Evaluator {
  return { evaluate: async () => Promise.reject(new RunnerError(code, 'for the test')) };
}

function counting(evaluator: Evaluator): Evaluator & { readonly calls: number } {
  let calls = 0;
  return {
    get calls() {
      return calls;
    },
    evaluate: async (asked) => {
      calls += 1;
      return evaluator.evaluate(asked);
    },
  };
}
