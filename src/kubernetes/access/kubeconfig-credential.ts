import { readFile } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { RunnerError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import { Secret } from '../../core/secret.ts';
import type { AccessCredential } from './access-credential.ts';
import type { ClientCertificate } from '../cluster-access.ts';
import { isJsonObject } from '../../core/json.ts';
import { objectAt, textAt } from '../object-meta.ts';
import type { Kubeconfig } from './kubeconfig.ts';
import { Renewed } from './renewed.ts';
import { TokenFile } from './token-file.ts';

const rereadMs = 60_000;

/** The CA of a kubeconfig's cluster; undefined when it names none. @throws {RunnerError} `CFG_OPTION` */
export async function readCa({ cluster, file }: Kubeconfig): Promise<string | undefined> {
  return pemOf(cluster.caData, cluster.caFile, file);
}

/**
 * The way in which a kubeconfig's user says who it is; what takes precedence is as in kubectl.
 *
 * @throws {RunnerError} `CFG_OPTION`
 */
export async function credentialOf(
  { cluster, user, file }: Kubeconfig,
  environment: NodeJS.ProcessEnv,
  clock: Clock,
): Promise<AccessCredential> {
  if (textAt(user, 'as') !== '') throw fault(file, 'acts as another user (`as`), which the runner does not');
  if (textAt(user, 'tokenFile') !== '')
    return withCertificate(user, file, new TokenFile(textAt(user, 'tokenFile'), clock), clock);
  const token = textAt(user, 'token');
  if (token !== '') return withCertificate(user, file, fixed(new Secret(`Bearer ${token}`)), clock);
  if (textAt(user, 'username') !== '') {
    const login = `${textAt(user, 'username')}:${textAt(user, 'password')}`;
    return withCertificate(user, file, fixed(new Secret(`Basic ${Buffer.from(login).toString('base64')}`)), clock);
  }
  if (isJsonObject(user['exec'])) {
    const { ExecCredential } = await import('./exec-credential.ts');
    const info = {
      server: cluster.server,
      ...(cluster.caData !== '' && { 'certificate-authority-data': cluster.caData }),
    };
    return new ExecCredential(objectAt(user, 'exec'), environment, info, clock);
  }
  if (isJsonObject(user['auth-provider'])) {
    const { AuthProviderCredential } = await import('./auth-provider.ts');
    return new AuthProviderCredential(user, clock);
  }
  return withCertificate(user, file, fixed(undefined), clock);
}

function fixed(header: Secret | undefined): AccessCredential {
  return { clientCertificate: undefined, authorization: async () => Promise.resolve(header), refused: () => undefined };
}

/** The certificate's files are read anew with the credential, for tools that renew them. */
async function withCertificate(
  user: JsonObject,
  file: string,
  credential: AccessCredential,
  clock: Clock,
): Promise<AccessCredential> {
  const certificate = new Renewed(
    async () => ({ value: await certificateOf(user, file), renewAtMs: clock.now() + rereadMs }),
    clock,
  );
  if ((await certificate.current()) === undefined) return credential;
  return {
    get clientCertificate(): ClientCertificate | undefined {
      return certificate.held;
    },
    authorization: async (signal) => {
      await certificate.current();
      return credential.authorization(signal);
    },
    refused: () => {
      certificate.refuse();
      credential.refused();
    },
  };
}

async function certificateOf(user: JsonObject, file: string): Promise<ClientCertificate | undefined> {
  const cert = await pemOf(textAt(user, 'client-certificate-data'), textAt(user, 'client-certificate'), file);
  const key = await pemOf(textAt(user, 'client-key-data'), textAt(user, 'client-key'), file);
  if (cert === undefined && key === undefined) return undefined;
  if (cert !== undefined && key !== undefined) return { cert, key };
  throw fault(
    file,
    `has a client ${cert === undefined ? 'key without its certificate' : 'certificate without its key'}`,
  );
}

async function pemOf(data: string, path: string, file: string): Promise<string | undefined> {
  if (data !== '') return checkedPem(Buffer.from(data, 'base64').toString('utf8'), file);
  if (path === '') return undefined;
  try {
    return checkedPem(await readFile(path, 'utf8'), path);
  } catch (thrown) {
    if (thrown instanceof RunnerError) throw thrown;
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
    throw fault(file, `names ${path}, which cannot be read (${code})`);
  }
}

function checkedPem(pem: string, file: string): string {
  if (pem.includes('-----BEGIN ')) return pem;
  throw fault(file, 'holds a certificate or key that is no PEM');
}

function fault(file: string, problem: string): RunnerError {
  return new RunnerError('CFG_OPTION', `the kubeconfig ${file} ${problem}`, { file, hint: 'Correct the kubeconfig.' });
}
