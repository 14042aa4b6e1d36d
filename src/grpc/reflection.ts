import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { protoPackages } from './proto.ts';

/** Server reflection, v1 and v1alpha, for grpcurl and its like. */
export function addReflection(server: Server, services: readonly string[]): void {
  new ReflectionService(protoPackages, { services: [...services] }).addToServer(server);
}
