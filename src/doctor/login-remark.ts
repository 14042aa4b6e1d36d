import type { ProbeAnswer } from '../registry/login-probe.ts';
import { ok, type Remark, warning } from './remark.ts';

/**
 * What a registry's answer to a login means.
 *
 * @param repository that it was asked about; undefined where none is known
 */
export function loginRemark(
  subject: string,
  { connection, login, actions }: ProbeAnswer,
  repository: string | undefined,
): Remark {
  const reached = `reached by ${connection}`;
  switch (login) {
    case 'none':
      return warning(subject, `${reached}; it wants a login and there is none`, 'Add one, or take the entry out.');
    case 'not-asked':
      return ok(subject, `${reached}; it asks for no login`);
    case 'accepted':
      return rightsRemark(subject, `${reached}; login accepted`, actions, repository);
  }
}

function rightsRemark(
  subject: string,
  accepted: string,
  actions: readonly string[] | undefined,
  repository: string | undefined,
): Remark {
  const unknown = `${accepted}; cannot tell whether it may pull or push`;
  if (repository === undefined) return ok(subject, `${unknown} without an IMAGE`);
  if (actions === undefined) return ok(subject, unknown);
  if (actions.length === 0) {
    const fix = `Give the account the right to pull ${repository}.`;
    return warning(subject, `${accepted}; its token allows nothing with ${repository}`, fix);
  }
  const may = `${accepted}; may ${actions.join(' and ')} ${repository}`;
  return mayPush(actions) ? warning(subject, may, pullsOnly) : ok(subject, may);
}

/** What to do about a login that could push. */
export const pullsOnly = 'The runner only pulls: give it an account that cannot push.';

export function mayPush(actions: readonly string[]): boolean {
  return actions.some((action) => action === 'push' || action === '*');
}
