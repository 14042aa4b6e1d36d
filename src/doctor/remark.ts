import { toRunnerError } from '../core/errors.ts';

/** `skipped`: nothing is known, since something else is off or has failed. */
export type Verdict = 'ok' | 'warning' | 'problem' | 'skipped';

/** What a check has to say of one thing. No secret. */
export interface Remark {
  /** A file, registry, right, image …; empty where the check is about one thing alone. */
  readonly subject: string;
  readonly result: Verdict;
  /** What was seen. */
  readonly why: string;
  /** What to do; empty where there is nothing to do. */
  readonly fix: string;
}

export function ok(subject: string, why: string): Remark {
  return { subject, result: 'ok', why, fix: '' };
}

export function warning(subject: string, why: string, fix: string): Remark {
  return { subject, result: 'warning', why, fix };
}

export function problem(subject: string, why: string, fix: string): Remark {
  return { subject, result: 'problem', why, fix };
}

export function skipped(subject: string, why: string, fix = ''): Remark {
  return { subject, result: 'skipped', why, fix };
}

/** What a part of the service threw, in its own words. */
export function failed(subject: string, thrown: unknown, result: Verdict = 'problem'): Remark {
  const { message, details } = toRunnerError(thrown);
  const { hint = '' } = details;
  return { subject, result, why: message, fix: message.includes(hint) ? '' : hint };
}
