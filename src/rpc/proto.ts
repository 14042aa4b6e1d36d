import { fileURLToPath } from 'node:url';
import {
  loadSync,
  type MessageTypeDefinition,
  type PackageDefinition,
  type ServiceDefinition,
} from '@grpc/proto-loader';

const files = [
  'evaluator.proto',
  'functionrunner.proto',
  'grpc/health/v1/health.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
];

/** Everything in proto/, from beside `src` or `dist`. Decoded messages have every field, with its default. */
export function loadProtos({ keepCase }: { readonly keepCase: boolean }): PackageDefinition {
  const includeDirs = [fileURLToPath(new URL('../../proto', import.meta.url))];
  return loadSync(files, { includeDirs, keepCase, defaults: true, enums: String, longs: Number });
}

const packages = loadProtos({ keepCase: false });

type Definition = PackageDefinition[string];
type MessageType = MessageTypeDefinition<object, object>;

/** The service with this full name, like `grpc.health.v1.Health`. */
export function protoService(name: string): ServiceDefinition {
  const definition = packages[name];
  if (definition === undefined || !isService(definition)) throw new Error(`no service ${name} in proto/`);
  return definition;
}

/** The message with this full name, like `google.rpc.Status`. */
export function protoMessage(name: string): MessageType {
  const definition = packages[name];
  if (definition === undefined || !isMessageType(definition)) throw new Error(`no message ${name} in proto/`);
  return definition;
}

function isService(definition: Definition): definition is ServiceDefinition {
  return !('format' in definition);
}

function isMessageType(definition: Definition): definition is MessageType {
  return 'format' in definition && 'serialize' in definition;
}
