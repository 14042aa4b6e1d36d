import type { AttemptMessage } from '../../../src/rpc/client-messages.ts';

/** `step outcome` of every attempt, in order. */
export function stepsOf(result: { readonly attempts: readonly AttemptMessage[] }): readonly string[] {
  return result.attempts.map(({ step, outcome }) => `${step} ${outcome}`);
}

/** The reason of the first attempt at a step; empty where there is none. */
export function reasonAt(result: { readonly attempts: readonly AttemptMessage[] }, step: string): string {
  return result.attempts.find((attempt) => attempt.step === step)?.reason ?? '';
}
