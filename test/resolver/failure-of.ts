import { GrpcFailure } from '../support/service.ts';

/** The failure of a call to the service. */
export async function failureOf(call: Promise<unknown>): Promise<GrpcFailure> {
  const thrown = await call.then(
    () => new Error('the call succeeded'),
    (error: unknown) => error,
  );
  if (thrown instanceof GrpcFailure) return thrown;
  throw thrown instanceof Error ? thrown : new Error(String(thrown));
}
