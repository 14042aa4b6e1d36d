import type { handleBidiStreamingCall, MethodDefinition, Server, ServerDuplexStream } from '@grpc/grpc-js';
import { once } from '../core/once.ts';

/** Both versions have the same messages. https://github.com/grpc/grpc/blob/master/doc/server-reflection.md */
const paths = ['v1', 'v1alpha'].map((version) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);

/** Answers one encoded ServerReflectionRequest. */
type Answer = (request: Buffer) => Buffer;

/**
 * Server reflection, for grpcurl and its like. Most servers are never asked, so what it takes in memory and start-up
 * is loaded at the first question; until then the messages are just bytes.
 */
export function addReflection(server: Server, services: readonly string[]): void {
  const load = once(async () => {
    const { createReflection } = await import('./reflection-answer.ts');
    return createReflection(services);
  });
  const handler: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
    converse(call, load).catch((error: unknown) => call.destroy(error instanceof Error ? error : undefined));
  };
  for (const path of paths)
    server.addService({ ServerReflectionInfo: bytesMethod(path) }, { ServerReflectionInfo: handler });
}

async function converse(call: ServerDuplexStream<Buffer, Buffer>, load: () => Promise<Answer>): Promise<void> {
  for await (const request of call) {
    if (Buffer.isBuffer(request)) call.write((await load())(request));
  }
  call.end();
}

function bytesMethod(path: string): MethodDefinition<Buffer, Buffer> {
  return {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: unchanged,
    requestDeserialize: unchanged,
    responseSerialize: unchanged,
    responseDeserialize: unchanged,
  };
}

function unchanged(bytes: Buffer): Buffer {
  return bytes;
}
