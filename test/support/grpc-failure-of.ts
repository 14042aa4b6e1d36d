import { GrpcFailure } from '../../src/rpc/grpc-failure.ts';

/** The failure that a call ends with; throws when it ends well or in another way. */
export async function grpcFailureOf(call: Promise<unknown>): Promise<GrpcFailure> {
  const error: unknown = await call.then(
    () => new Error('the call succeeded'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof GrpcFailure) return error;
  throw error instanceof Error ? error : new Error(String(error));
}
