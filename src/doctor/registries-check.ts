import { withTimeout } from '../core/abort.ts';
import { toRunnerError } from '../core/errors.ts';
import { anonymous, type Candidate } from '../credentials/candidate.ts';
import { parseKey, shownKey } from '../credentials/key.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import type { ProbeAnswer } from '../registry/login-probe.ts';
import { imageGate, type WiredResolver } from '../wire-resolver.ts';
import type { Check } from './check.ts';
import { type CredentialsFile, readCredentialsFile } from './credentials-file.ts';
import type { Patient } from './patient.ts';
import type { RegistryAccess } from './registry-access.ts';
import { failed, ok, type Remark, skipped, warning } from './remark.ts';

const mostMs = 20_000;

/** One login that stands in the file, and where it would be shown. */
interface Login {
  /** As in the file, but without user information. */
  readonly key: string;
  readonly domain: string;
  /** Of the key; empty for all of the registry. */
  readonly path: string;
}

/** Each registry of the credentials file: reached, and logged in to. Images that are named tell which repository to ask of. */
export function registriesCheck(patient: Patient, access: RegistryAccess): Check {
  const boundMs = Math.min(mostMs, patient.options.resolveTimeoutMs);
  return {
    name: 'registry',
    timeoutMs: boundMs + 5000,
    run: async (signal) => {
      const file = await readCredentialsFile(patient.options).catch(() => undefined);
      if (file === undefined) return [skipped('', 'there is no file with registries')];
      const logins = loginsOf(file);
      if (logins.length === 0) return [skipped('', 'the file names no registry')];
      const wired = await access.open();
      if (typeof wired === 'string') return [skipped('', `registries cannot be asked: ${wired}`)];
      return Promise.all(
        logins.map(async (login) => {
          if (typeof login === 'string')
            return skipped(login, 'a pattern of many registries; name an IMAGE to have one asked');
          using bound = withTimeout(signal, boundMs, `asking ${login.domain}`);
          return await loginRemark(patient, wired, login, bound.signal).catch((thrown: unknown) =>
            failed(login.key, thrown),
          );
        }),
      );
    },
  };
}

/** Keys of one registry each; a pattern is only its text. */
function loginsOf({ config }: CredentialsFile): readonly (Login | string)[] {
  const keys = [...config.entries.keys(), ...config.helpers.hosts.map(({ host }) => host)];
  return [...new Set(keys)].flatMap((text): readonly (Login | string)[] => {
    const key = parseKey(text);
    if (key === undefined) return [];
    if (key.exactHost === undefined) return [shownKey(text)];
    const domain = key.port === '' ? key.exactHost : `${key.exactHost}:${key.port}`;
    return [{ key: shownKey(text), domain, path: key.path.replace(/^\/|\/$/g, '') }];
  });
}

async function loginRemark(patient: Patient, wired: WiredResolver, login: Login, signal: AbortSignal): Promise<Remark> {
  const { domain, path } = login;
  const reference = parseReference(`${domain}/${path === '' ? 'any' : path}`);
  if (reference.domain !== domain) {
    return warning(
      login.key,
      'no image name begins so: a host has a dot or a port',
      'Write the host as images name it.',
    );
  }
  const named = imagesOf(patient).find((image) => image.domain === reference.domain && image.path.startsWith(path));
  const repository = named?.path ?? (path === '' ? undefined : path);
  const refusal = refusalOf(patient, named ?? reference);
  if (refusal !== undefined) return skipped(login.key, refusal);
  const { candidates } = await wired.credentials.lookup(named ?? reference, { signal });
  const candidate = chosen(candidates, login);
  const answer = await wired.client.logins.ask({ registry: reference, candidate, repository }, signal);
  return answerRemark(login, candidate, answer, repository);
}

/** Whom the service would not ask is not asked here either. */
function refusalOf({ options }: Patient, reference: Reference): string | undefined {
  try {
    imageGate(options).admit(reference);
    return undefined;
  } catch (thrown) {
    return `not asked: ${toRunnerError(thrown).message}`;
  }
}

/** That of the file's entry, else that of the helper. */
function chosen(candidates: readonly Candidate[], { key }: Login): Candidate {
  return candidates.find((candidate) => candidate.key === key) ?? candidates[0] ?? anonymous;
}

function imagesOf({ images, options }: Patient): readonly Reference[] {
  return images.flatMap((image) => {
    try {
      return [parseReference(image, { defaultImagePrefix: options.defaultImagePrefix })];
    } catch {
      return [];
    }
  });
}

function answerRemark(
  { key }: Login,
  candidate: Candidate,
  { connection, login, actions }: ProbeAnswer,
  repository: string | undefined,
): Remark {
  const reached = `reached by ${connection}`;
  const { subject } = { subject: candidate.key === key ? key : `${key} (${candidate.key})` };
  if (login === 'none') {
    return warning(subject, `${reached}; it wants a login and there is none`, 'Add one, or take the entry out.');
  }
  if (login === 'not-asked') return ok(subject, `${reached}; it asks for no login`);
  const accepted = `${reached}; login accepted`;
  if (actions === undefined || repository === undefined || actions.length === 0) {
    const what = actions?.length === 0 ? `; its token allows nothing with ${repository ?? 'it'}` : '';
    if (what !== '')
      return warning(subject, accepted + what, `Give the account the right to pull ${repository ?? ''}.`);
    return ok(
      subject,
      `${accepted}; cannot tell whether it may pull or push${repository === undefined ? ' without an IMAGE' : ''}`,
    );
  }
  const may = `${accepted}; may ${actions.join(' and ')} ${repository}`;
  if (!actions.some((action) => action === 'push' || action === '*')) return ok(subject, may);
  return warning(subject, may, 'The runner only pulls: give it an account that cannot push.');
}
