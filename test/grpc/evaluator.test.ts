import { Client, credentials, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { RunnerError } from '../../src/core/errors.ts';
import type { Outcome } from '../../src/evaluate/evaluator.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { startService, type TestService } from '../support/service.ts';
import { functionDouble } from './function-double.ts';

const outcomes: Readonly<Record<string, Partial<Outcome>>> = {
  'fn:good': { output: Buffer.from('kind: ResourceList # out'), stderr: Buffer.from('did it\n'), stderrBytes: 7 },
  'fn:error-results': { results: [{ message: 'too many replicas', severity: 'error' }], digest: 'sha256:aa' },
  'fn:failed': {
    exitCode: 3,
    output: Buffer.from('kind: ResourceList # partial'),
    stderr: Buffer.from('Traceback: boom\n'),
    stderrBytes: 16,
    results: [
      {
        message: 'replicas is no number',
        severity: 'error',
        resourceRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'prod' },
        field: { path: 'spec.replicas', currentValue: '"x"', proposedValue: '3' },
        file: { path: 'web.yaml', index: 1 },
        tags: { team: 'a' },
      },
      { message: 'just so you know', severity: 'info' },
    ],
  },
};

const errors: Readonly<Record<string, Error>> = {
  'fn:unforeseen': new TypeError('password hunter2 is not a function'),
  'fn:output': new RunnerError(
    'FUNCTION_OUTPUT',
    'failed to parse the output of function "fn:output" with stderr \'\': no',
  ),
  'fn:refused': new RunnerError('AUTH_REFUSED', 'credentials for x were refused', { runtime: 'local' }),
  'fn:nowhere': new RunnerError('UNREACHABLE', 'registry.example cannot be reached'),
};

const double = functionDouble(async ({ image }) => {
  const error = errors[image];
  if (error !== undefined) throw error;
  return Promise.resolve(outcomes[image] ?? {});
});

describe('evaluation over gRPC', () => {
  let service: TestService;

  before(async () => {
    service = await startService({ overrides: { firstEvaluators: [double] } });
  });

  after(async () => service.stop());

  describe("on Porch's wire", () => {
    it('answers with stdout as resource_list and stderr as log', async () => {
      const { resourceList, log } = await service.porchEvaluate('fn:good', 'kind: ResourceList');
      expect(resourceList.toString()).to.equal('kind: ResourceList # out');
      expect(log.toString()).to.equal('did it\n');
    });

    it('is OK for a function that exits 0 with error results', async () => {
      const { resourceList } = await service.porchEvaluate('fn:error-results', 'kind: ResourceList # in');
      expect(resourceList.toString()).to.equal('kind: ResourceList # in');
    });

    it("gives a failed function as INTERNAL, in Porch's words, with results and stderr", async () => {
      const failure = await grpcFailureOf(service.porchEvaluate('fn:failed', 'kind: ResourceList'));
      expect(failure).to.include({ status: 'INTERNAL', reason: 'FUNCTION_FAILED' });
      expect(failure.message).to.match(
        /^failed to evaluate function "fn:failed" with structured results: \[.*replicas is no number.*\] and stderr: Traceback: boom$/,
      );
    });

    it('keeps the words of an output that is no ResourceList', async () => {
      const failure = await grpcFailureOf(service.porchEvaluate('fn:output', 'kind: ResourceList'));
      expect(failure).to.include({
        status: 'INTERNAL',
        message: 'failed to parse the output of function "fn:output" with stderr \'\': no',
      });
    });

    it("puts Porch's prefix before what kept a function from running", async () => {
      const failure = await grpcFailureOf(service.porchEvaluate('fn:nowhere', 'kind: ResourceList'));
      expect(failure.message).to.equal('unable to evaluate fn:nowhere: registry.example cannot be reached');
      expect(failure).to.include({ status: 'UNAVAILABLE', reason: 'UNREACHABLE' });
    });
  });

  it("names the runtime that failed in Porch's prefix", async () => {
    const failure = await grpcFailureOf(service.porchEvaluate('fn:refused', 'kind: ResourceList'));
    expect(failure.message).to.equal(
      'unable to evaluate fn:refused with local evaluator: credentials for x were refused',
    );
  });

  for (const call of ['evaluate', 'porchEvaluate'] as const) {
    it(`answers INVALID_ARGUMENT naming the field to ${call} with an empty resource_list`, async () => {
      const failure = await grpcFailureOf(service[call]('fn:good', ''));
      expect(failure).to.include({ status: 'INVALID_ARGUMENT', reason: 'REQUEST_INVALID' });
      expect(failure.message).to.include('resource_list is empty');
      expect(failure.badFields).to.deep.equal(['resource_list']);
    });

    it(`answers INVALID_ARGUMENT naming the field to ${call} with an empty image`, async () => {
      const failure = await grpcFailureOf(service[call]('', 'kind: ResourceList'));
      expect(failure).to.include({ status: 'INVALID_ARGUMENT', reason: 'REF_EMPTY' });
      expect(failure.message).to.equal('the field image is empty');
      expect(failure.badFields).to.deep.equal(['image']);
    });
  }

  describe('by functionrunner.v1.FunctionRunner', () => {
    it('answers with the whole outcome of a failed function', async () => {
      const answer = await service.evaluate('fn:failed', 'kind: ResourceList');
      expect(answer).to.deep.include({
        exitCode: 3,
        resultCount: 2,
        stderr: Buffer.from('Traceback: boom\n'),
        stderrBytes: 16,
        output: Buffer.from('kind: ResourceList # partial'),
        outputBytes: 28,
        runtime: 'executable',
        digest: '',
      });
      expect(answer.results).to.deep.equal([
        {
          message: 'replicas is no number',
          severity: 'error',
          resourceRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', namespace: 'prod' },
          field: { path: 'spec.replicas', currentValue: '"x"', proposedValue: '3' },
          file: { path: 'web.yaml', index: 1 },
          tags: { team: 'a' },
        },
        {
          message: 'just so you know',
          severity: 'info',
          resourceRef: undefined,
          field: undefined,
          file: undefined,
          tags: {},
        },
      ]);
    });

    it('answers with output, results and digest of a function that succeeded', async () => {
      const answer = await service.evaluate('fn:error-results', 'kind: ResourceList # in');
      expect(answer).to.include({ exitCode: 0, digest: 'sha256:aa', resultCount: 1 });
      expect(answer.output.toString()).to.equal('kind: ResourceList # in');
    });

    it('gives an error status when the function could not be run', async () => {
      const failure = await grpcFailureOf(service.evaluate('fn:nowhere', 'kind: ResourceList'));
      expect(failure).to.include({ status: 'UNAVAILABLE', reason: 'UNREACHABLE' });
    });
  });

  it('tells a caller nothing of an unforeseen error but the request to look for in the log', async () => {
    const failure = await grpcFailureOf(service.evaluate('fn:unforeseen', 'kind: ResourceList'));
    const [, request = 'none'] = /request (\S+)$/.exec(failure.message) ?? [];
    expect(failure).to.include({ status: 'INTERNAL', reason: 'INTERNAL' });
    expect(failure.message).not.to.include('hunter2');
    expect(service.logLines.filter((line) => line.includes(request) && line.includes('TypeError'))).to.have.length(1);
  });

  it('answers INVALID_ARGUMENT naming the field for a bad reference', async () => {
    const failure = await grpcFailureOf(service.resolve('https://registry.example/fn'));
    expect(failure).to.include({ status: 'INVALID_ARGUMENT', reason: 'REF_SCHEME' });
    expect(failure.badFields).to.deep.equal(['image']);
  });

  it('refuses bytes that are no request, and goes on', async () => {
    const client = new Client(service.address, credentials.createInsecure());
    const bytes = (value: Buffer): Buffer => value;
    const path = '/evaluator.FunctionEvaluator/EvaluateFunction';
    const error: unknown = await new Promise((resolve) => {
      client.makeUnaryRequest(path, bytes, bytes, Buffer.from([0x0a, 0xff, 0xff, 0x03, 0x01]), resolve);
    });
    client.close();
    expect(error).to.have.property('code').that.is.oneOf([status.INTERNAL, status.INVALID_ARGUMENT]);
    expect(await service.evaluate('fn:good', 'kind: ResourceList')).to.include({ exitCode: 0 });
  });
});
