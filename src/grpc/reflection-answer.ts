import type { MethodDefinition } from '@grpc/grpc-js';
import { ReflectionV1Implementation } from '@grpc/reflection/build/src/implementations/reflection-v1.js';
import { loadProtos } from '../rpc/proto.ts';

/** Answers encoded ServerReflectionRequests about everything in proto/, with the names as written there; only `services` are listed. */
export function createReflection(services: readonly string[]): (request: Buffer) => Buffer {
  const reflection = new ReflectionV1Implementation(loadProtos({ keepCase: true }), { services: [...services] });
  let method: MethodDefinition<object, object> | undefined;
  reflection.addToServer({
    addService: (definition) => {
      method = definition['ServerReflectionInfo'];
    },
  });
  if (method === undefined) throw new Error('@grpc/reflection has no method ServerReflectionInfo');
  const { requestDeserialize, responseSerialize } = method;
  return (request) => responseSerialize(reflection.handleServerReflectionRequest(requestDeserialize(request)));
}
