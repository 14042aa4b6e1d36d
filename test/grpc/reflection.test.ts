import { Client, credentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { expect } from 'chai';
import { resolve } from 'node:path';
import { type Message, messageListField, messageOf, optionalMessageField, textField } from '../../src/rpc/fields.ts';
import { startService, type TestService } from '../support/service.ts';

const protos = resolve('node_modules/@grpc/reflection/build/proto');

/** One question on a stream of its own, as grpcurl asks it. */
async function ask(address: string, version: string, request: object): Promise<Message> {
  const packages = loadSync(`grpc/reflection/${version}/reflection.proto`, { includeDirs: [protos], enums: String });
  const service = packages[`grpc.reflection.${version}.ServerReflection`];
  const method = service !== undefined && !('format' in service) ? service['ServerReflectionInfo'] : undefined;
  if (method === undefined) throw new Error('no method ServerReflectionInfo');
  const client = new Client(address, credentials.createInsecure());
  const call = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
  call.end(request);
  const answers: unknown[] = await call.toArray();
  client.close();
  return messageOf(answers[0]);
}

describe('server reflection', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(async () => service.stop());

  for (const version of ['v1', 'v1alpha']) {
    it(`lists the services by ${version}`, async () => {
      const answer = await ask(service.address, version, { listServices: '*' });
      const list = optionalMessageField(answer, 'listServicesResponse');
      const names =
        list === undefined ? [] : messageListField(list, 'service').map((entry) => textField(entry, 'name'));
      expect(names).to.have.members([
        'evaluator.FunctionEvaluator',
        'functionrunner.v1.FunctionRunner',
        'functionrunner.v1.ImageResolver',
        'grpc.health.v1.Health',
      ]);
    });

    it(`describes Porch's method by ${version}`, async () => {
      const question = { fileContainingSymbol: 'evaluator.FunctionEvaluator.EvaluateFunction' };
      const answer = await ask(service.address, version, question);
      const files = optionalMessageField(answer, 'fileDescriptorResponse')?.['fileDescriptorProto'];
      const text = Array.isArray(files)
        ? Buffer.concat(files.filter((file) => Buffer.isBuffer(file))).toString('latin1')
        : '';
      for (const name of ['EvaluateFunctionRequest', 'resource_list', 'image']) expect(text).to.include(name);
    });
  }

  it('answers with an error for a symbol that there is not', async () => {
    const answer = await ask(service.address, 'v1', { fileContainingSymbol: 'no.such.Symbol' });
    expect(optionalMessageField(answer, 'errorResponse')).to.include({ errorCode: 5 });
  });
});
