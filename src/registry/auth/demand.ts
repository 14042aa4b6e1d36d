import { RunnerError } from '../../core/errors.ts';
import { challengeHint } from './challenge.ts';
import type { Challenge } from './challenge.ts';
import { safeText } from '../../core/safe-text.ts';

/** How an origin wants its callers to prove who they are. */
export type Demand =
  | { readonly kind: 'basic' }
  | {
      readonly kind: 'bearer';
      /** As the registry wrote it; nothing about it is checked yet. */
      readonly realm: string;
      readonly service: string | undefined;
    };

/** What a challenge says besides: the scopes it names, and whether it complains of too few of them. */
export interface Challenged {
  readonly demand: Demand;
  readonly scope: string | undefined;
  readonly insufficientScope: boolean;
}

/** Picks Bearer before Basic wherever both are offered. Throws `AUTH_CHALLENGE` when neither can be used. */
export function chooseDemand(challenges: readonly Challenge[]): Challenged {
  const bearer = challenges.find(
    (challenge) => challenge.scheme === 'bearer' && (challenge.params.get('realm') ?? '') !== '',
  );
  if (bearer !== undefined) {
    return {
      demand: { kind: 'bearer', realm: bearer.params.get('realm') ?? '', service: bearer.params.get('service') },
      scope: bearer.params.get('scope'),
      insufficientScope: bearer.params.get('error') === 'insufficient_scope',
    };
  }
  if (challenges.some((challenge) => challenge.scheme === 'basic')) {
    return { demand: { kind: 'basic' }, scope: undefined, insufficientScope: false };
  }
  const offered = [...new Set(challenges.map((challenge) => challenge.scheme))].join(', ');
  const reason = offered.includes('bearer') ? 'a Bearer challenge without a realm' : `only ${safeText(offered, 100)}`;
  throw new RunnerError('AUTH_CHALLENGE', `the registry offers ${reason}; this client speaks Bearer and Basic`, {
    hint: challengeHint,
  });
}
