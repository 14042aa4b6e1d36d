import type { Candidate, Login } from '../candidate.ts';
import { fingerprintOf } from '../fingerprint.ts';
import type { MissingCredentials } from '../missing-credentials.ts';
import { notOnPath } from '../program/run-program.ts';
import { serverOf } from '../server-of.ts';
import type { HelperAnswer } from './helper-answer.ts';
import type { HelperChoice } from './helper-choices.ts';
import type { HelperLogins } from './helper-logins.ts';
import type { HelperQuestion } from './run-helper.ts';

/** What a helper has to say about an image. */
export interface Helped {
  readonly candidates: readonly Candidate[];
  readonly missing: readonly MissingCredentials[];
  /** The helper would be asked anew. */
  readonly isOld: boolean;
}

interface HelpOptions {
  readonly signal: AbortSignal | undefined;
  /** What it said before will do. */
  readonly remembered: boolean;
}

/**
 * The login of the helper that the file names for a registry. One without credentials gives none; one that fails gives a
 * broken one. A store for all registries that is not installed is only missing: files with one are copied to machines
 * without it.
 *
 * @param domain of the image
 * @throws RunnerError only the signal's reason
 */
export async function helpedBy(
  logins: Pick<HelperLogins, 'get' | 'last' | 'refused'>,
  choice: Exclude<HelperChoice, { kind: 'off' }>,
  domain: string,
  { signal, remembered }: HelpOptions,
): Promise<Helped> {
  if (choice.kind === 'broken') {
    const key = `credential helper for ${domain}`;
    return { candidates: [{ kind: 'broken', key, reason: choice.reason }], missing: [], isOld: false };
  }
  const question: HelperQuestion = { name: choice.name, server: serverOf(domain) };
  const last = remembered ? logins.last(question) : undefined;
  const { answer, isOld } = last ?? { answer: await logins.get(question, signal), isOld: false };
  const key = `docker-credential-${choice.name} for ${domain}`;
  if (answer.kind === 'failed' && answer.reason === notOnPath && choice.isStore === true) {
    const missing = [{ problem: `${key}: ${answer.reason}`, hint: installHint(question) }];
    return { candidates: [], missing, isOld };
  }
  const refused = (login: Login): void => {
    logins.refused(question, login);
  };
  return { candidates: candidatesOf(question, key, answer, refused), missing: [], isOld };
}

function candidatesOf(
  question: HelperQuestion,
  key: string,
  answer: HelperAnswer,
  refused: (login: Login) => void,
): readonly Candidate[] {
  switch (answer.kind) {
    case 'none':
      return [];
    case 'failed': {
      const isTemporary = answer.reason !== notOnPath;
      return [
        {
          kind: 'broken',
          key,
          reason: answer.reason,
          hint: isTemporary ? hintFor(question) : installHint(question),
          isTemporary,
        },
      ];
    }
    case 'login': {
      const { login } = answer;
      const { name, server } = question;
      const issued = {
        scope: `helper ${name} ${server}`,
        server,
        expiresAtMs: undefined,
        refused: () => {
          refused(login);
        },
      };
      return [{ kind: 'login', key, login, fingerprint: fingerprintOf(login), issued }];
    }
  }
}

function installHint({ name }: HelperQuestion): string {
  return `Put docker-credential-${name} on the PATH of the runner, or take ${name} out of the docker config.`;
}

function hintFor({ name, server }: HelperQuestion): string {
  return `Run docker-credential-${name} get by hand, with ${server} on its standard input: what it writes is not shown here.`;
}
