import { expect } from 'chai';
import type { CounterName, Counters } from '../../src/core/counters.ts';
import { type ErrorCode, RunnerError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Outcome } from '../../src/evaluate/evaluator.ts';
import { PodEvaluator, type PodEvaluatorOptions } from '../../src/evaluate/pod.ts';
import { parsePlatform } from '../../src/image/platform.ts';
import { parseReference } from '../../src/image/reference.ts';
import type { PodAnswer } from '../../src/pods/pod-endpoint.ts';
import type { PodPlan } from '../../src/pods/pod-plan.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import { refused } from './refused.ts';

const image = 'registry.example/team/fn:v1';
const digest = `sha256:${'1'.repeat(64)}`;
const list = 'kind: ResourceList\n';
const { signal } = new AbortController();

const resolution: Resolution = {
  image,
  reference: parseReference(image),
  digest,
  platformDigest: digest,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  platforms: ['linux/amd64'],
  platform: parsePlatform('linux/amd64'),
  entrypoint: ['/function'],
  cmd: [],
  env: [],
  workingDir: '/',
  user: '',
  connection: 'system-ca',
  attempts: [],
  credential: 'anonymous',
  layers: [],
  diffIds: [],
  warnings: [],
};

const plan: PodPlan = {
  key: '0123456789abcdef',
  image,
  repository: 'registry.example/team/fn',
  maxPods: 1,
  maxWaitlist: 2,
  ttlMs: 1000,
  prepare: async () => Promise.resolve(),
  pod: () => ({}),
  service: () => undefined,
};

const answer: PodAnswer = { exitCode: 0, output: Buffer.from(list), stderr: Buffer.from('note'), stderrBytes: 4 };

class NotedCounters implements Counters {
  readonly seen: unknown[] = [];

  add(name: CounterName, labels: object): void {
    this.seen.push([name, labels]);
  }
}

interface Tried {
  readonly outcome: Promise<Outcome>;
  /** What was asked for, in order. */
  readonly asked: readonly unknown[];
  readonly counters: NotedCounters;
}

function evaluate(parts: Partial<PodEvaluatorOptions> = {}, resourceList = list, callSignal = signal): Tried {
  const asked: unknown[] = [];
  const counters = new NotedCounters();
  const evaluator = new PodEvaluator({
    resolver: {
      resolve: async (name, options) => {
        asked.push(['resolve', name, options.signal === signal]);
        return { resolution };
      },
    },
    planner: {
      plan: async (resolved) => {
        asked.push(['plan', resolved.digest]);
        return plan;
      },
    },
    pool: {
      run: async (wanted, request, runSignal) => {
        asked.push([
          'run',
          wanted.key,
          request.image,
          Buffer.from(request.resourceList).toString(),
          runSignal === signal,
        ]);
        return answer;
      },
    },
    counters,
    ...parts,
  });
  const request = { image, resourceList: Buffer.from(resourceList), signal: callSignal, log: silentLog };
  return { outcome: evaluator.evaluate(request), asked, counters };
}

function failing(code: ErrorCode, message = 'it is so'): Pick<PodEvaluatorOptions, 'pool'> {
  return {
    pool: {
      run: async () => {
        throw new RunnerError(code, message, { hint: 'Do something.' });
      },
    },
  };
}

describe('the evaluator that runs functions in pods', () => {
  it('resolves the image, plans its pod and has the function run there', async () => {
    const { outcome, asked, counters } = evaluate();
    expect(await outcome).to.deep.include({ runtime: 'pod', exitCode: 0, digest, stderrBytes: 4, results: [] });
    expect(Buffer.from((await outcome).output).toString()).to.equal(list);
    expect(asked).to.deep.equal([
      ['resolve', image, true],
      ['plan', digest],
      ['run', plan.key, image, list, true],
    ]);
    expect(counters.seen).to.deep.equal([['evaluations', { runtime: 'pod', outcome: 'ok' }]]);
  });

  it('waits for the plan of a pod no longer than its caller does', async () => {
    const call = new AbortController();
    const plans = new Promise<PodPlan>(() => undefined);
    const { outcome } = evaluate({ planner: { plan: async () => plans } }, list, call.signal);
    call.abort(new RunnerError('CANCELLED', 'the caller has gone away'));
    const code = outcome.catch((thrown: unknown) => (thrown instanceof RunnerError ? thrown.code : thrown));
    const late = new Promise((resolve) => {
      setTimeout(resolve, 1000, 'still waits').unref();
    });
    expect(await Promise.race([code, late])).to.equal('CANCELLED');
  });

  it('gives a function that failed with the results that it printed', async () => {
    const output = Buffer.from(`${list}results:\n- message: no\n`);
    const { outcome, counters } = evaluate({ pool: { run: async () => ({ ...answer, exitCode: 3, output }) } });
    expect(await outcome).to.deep.include({ exitCode: 3, results: [{ message: 'no', severity: 'error' }] });
    expect(counters.seen).to.deep.equal([['evaluations', { runtime: 'pod', outcome: 'failed' }]]);
  });

  it('gives results that the in-pod server told without an output', async () => {
    const results = [{ severity: 'warning', message: 'careful' }] as const;
    const failed = { ...answer, exitCode: 1, output: new Uint8Array(), results };
    const { outcome } = evaluate({ pool: { run: async () => failed } });
    expect(await outcome).to.deep.include({ exitCode: 1, results });
  });

  it('refuses an output that is no ResourceList', async () => {
    const output = Buffer.from('hello');
    const error = await refused(evaluate({ pool: { run: async () => ({ ...answer, output }) } }).outcome);
    expect([error.code, error.details.runtime]).to.deep.equal(['FUNCTION_OUTPUT', 'pod']);
    expect(error.message).to.match(/^failed to parse the output of function "registry.example\/team\/fn:v1" /);
  });

  it('says which pull secret is missing where the node was refused the image, and nowhere else', async () => {
    const missing = async (): Promise<[{ problem: string; hint: string }]> =>
      Promise.resolve([{ problem: 'pull secret ns/harbor is not there', hint: 'Make it.' }]);
    const planner = { plan: async () => Promise.resolve({ ...plan, missing }) };
    const denied = await refused(evaluate({ ...failing('POD_PULL_DENIED'), planner }).outcome);
    expect(denied.message).to.match(/it is so; pull secret ns\/harbor is not there$/);
    expect(denied.details.hint).to.equal('Make it.');
    const other = await refused(evaluate({ ...failing('POD_START'), planner }).outcome);
    expect(other.message).not.to.include('harbor');
  });

  for (const code of ['POD_START', 'POD_PENDING', 'POD_PULL_DENIED', 'CLUSTER_DENIED', 'PULL_SECRET'] as const) {
    it(`puts Porch's words before ${code}`, async () => {
      const { outcome, counters } = evaluate(failing(code));
      const error = await refused(outcome);
      expect(error.message).to.equal(`unable to get the grpc client to the pod for ${image}: it is so`);
      expect(error).to.deep.include({ code, details: { image, runtime: 'pod', hint: 'Do something.' } });
      expect(counters.seen).to.deep.equal([['evaluations', { runtime: 'pod', outcome: code }]]);
    });
  }

  for (const code of ['POD_LOST', 'FUNCTION_LIMIT', 'FUNCTION_TIMEOUT', 'OVERLOADED', 'CANCELLED'] as const) {
    it(`leaves the words of ${code}`, async () => {
      const error = await refused(evaluate(failing(code)).outcome);
      expect([error.code, error.message, error.details.runtime]).to.deep.equal([code, 'it is so', 'pod']);
    });
  }

  it('says INTERNAL of what nobody foresaw, and counts it', async () => {
    const planner = {
      plan: async () => {
        throw new TypeError('not foreseen');
      },
    };
    const { outcome, counters } = evaluate({ planner });
    expect((await refused(outcome)).code).to.equal('INTERNAL');
    expect(counters.seen).to.deep.equal([['evaluations', { runtime: 'pod', outcome: 'INTERNAL' }]]);
  });
});
