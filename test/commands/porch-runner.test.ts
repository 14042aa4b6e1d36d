import { Server, ServerCredentials, type handleUnaryCall } from '@grpc/grpc-js';
import { expect } from 'chai';
import { bytesField, messageOf } from '../../src/rpc/fields.ts';
import { protoService } from '../../src/rpc/proto.ts';
import { functionRunner } from '../support/command-line.ts';

const service = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n';

/** A server with Porch's own method alone: adds a result and answers with a log. */
const evaluateFunction: handleUnaryCall<object, object> = (call, callback) => {
  const resourceList = bytesField(messageOf(call.request), 'resourceList').toString();
  const answer = `${resourceList}results:\n- message: looks fine\n  severity: info\n`;
  callback(null, { resourceList: Buffer.from(answer), log: Buffer.from('from afar') });
};

describe("evaluate against Porch's own function runner", () => {
  it('falls back to its older method', async () => {
    const server = new Server();
    server.addService(protoService('evaluator.FunctionEvaluator'), { EvaluateFunction: evaluateFunction });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
    const args = ['evaluate', 'fn', '-f', '-', `--address=127.0.0.1:${String(port)}`];
    const result = await functionRunner(args, { input: service });
    server.forceShutdown();
    expect(result).to.deep.equal({ exitCode: 0, stdout: service, stderr: 'from afar\n[info] looks fine\n' });
  });
});
