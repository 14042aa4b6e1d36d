import type { PodPullSecrets } from './pod-pull-secrets.ts';

/** What several parts give, one after the other: a pod gets all of it. */
export function allOf(parts: readonly PodPullSecrets[]): PodPullSecrets {
  return {
    choose: async (pod) => {
      const chosen = await Promise.all(parts.map(async (part) => part.choose(pod)));
      return {
        names: [...new Set(chosen.flatMap(({ names }) => names))],
        scopeKey: chosen.flatMap(({ scopeKey }) => (scopeKey === '' ? [] : [scopeKey])).join('+'),
        callerKey: chosen.find(({ callerKey }) => callerKey !== undefined)?.callerKey,
        warnings: chosen.flatMap(({ warnings }) => warnings),
      };
    },
    ensure: async (pod, signal) => {
      await Promise.all(parts.map(async (part) => part.ensure(pod, signal)));
    },
    renew: async (pod, signal) => {
      const renewed = await Promise.all(parts.map(async (part) => part.renew?.(pod, signal) ?? false));
      return renewed.includes(true);
    },
  };
}
