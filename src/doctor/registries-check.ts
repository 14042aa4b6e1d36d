import { withTimeout } from '../core/abort.ts';
import { toRunnerError } from '../core/errors.ts';
import { anonymous, type Candidate } from '../credentials/candidate.ts';
import { parseReference, type Reference } from '../image/reference.ts';
import { imageGate, type WiredResolver } from '../wire-resolver.ts';
import type { Check } from './check.ts';
import { readCredentialsFile } from './credentials-file.ts';
import { type FileLogin, fileLogins } from './file-logins.ts';
import { loginRemark } from './login-remark.ts';
import type { Patient } from './patient.ts';
import type { RegistryAccess } from './registry-access.ts';
import { failed, type Remark, skipped, warning } from './remark.ts';

const mostMs = 20_000;

/** Each registry of the credentials file: reached, and logged in to. Images that are named tell which repository to ask of. */
export function registriesCheck(patient: Patient, access: RegistryAccess): Check {
  const boundMs = Math.min(mostMs, patient.options.resolveTimeoutMs);
  return {
    name: 'registry',
    timeoutMs: boundMs + 5000,
    run: async (signal) => {
      const file = await readCredentialsFile(patient.options).catch(() => undefined);
      if (file === undefined) return [skipped('', 'there is no file with registries')];
      const logins = fileLogins(file);
      if (logins.length === 0) return [skipped('', 'the file names no registry')];
      const wired = await access.open();
      if (typeof wired === 'string') return [skipped('', `registries cannot be asked: ${wired}`)];
      return Promise.all(
        logins.map(async (login) => {
          if (typeof login === 'string')
            return skipped(login, 'a pattern of many registries; name an IMAGE to have one asked');
          using bound = withTimeout(signal, boundMs, `asking ${login.domain}`);
          return await askedRemark(patient, wired, login, bound.signal).catch((thrown: unknown) =>
            failed(login.key, thrown),
          );
        }),
      );
    },
  };
}

async function askedRemark(
  patient: Patient,
  wired: WiredResolver,
  login: FileLogin,
  signal: AbortSignal,
): Promise<Remark> {
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
  const subject = candidate.key === login.key ? login.key : `${login.key} (${candidate.key})`;
  return loginRemark(subject, answer, repository);
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
function chosen(candidates: readonly Candidate[], { key }: FileLogin): Candidate {
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
