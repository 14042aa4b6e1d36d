import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { faultAnswer, send } from './answer.ts';
import { BlobFiles } from './blob-files.ts';
import type { KeyPair } from './certificates.ts';
import type { Answer } from './exchange.ts';
import { Fault } from './fault.ts';
import { Repositories } from './repositories.ts';
import { dispatch } from './routes.ts';
import { listen } from './server.ts';
import { htpasswd, Users } from './users.ts';

/** One answered request. */
interface AccessLine {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  readonly status: number;
  /** Who came in; undefined without (right) credentials. */
  readonly user: string | undefined;
}

export interface RegistryOptions {
  /** HTTPS with this certificate, and nothing else; plain HTTP without it. */
  readonly tls?: KeyPair;
  /** Name to password. Without users and htpasswd everybody may read and write. */
  readonly users?: Readonly<Record<string, string>>;
  /** The text of an htpasswd file with bcrypt hashes, instead of `users`. */
  readonly htpasswd?: string;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Default: one that is free. */
  readonly port?: number;
  /** Where blobs are put. Default: a temporary folder that is gone when the registry stops. */
  readonly dataDir?: string;
  readonly onRequest?: (line: AccessLine) => void;
}

export interface Registry {
  /** `host:port` */
  readonly address: string;
  /** Every request so far, in the order of the answers. */
  readonly requests: readonly AccessLine[];
  stop(): Promise<void>;
}

/** Starts an OCI distribution registry (push and pull, specification 1.1) on loopback. */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const folder = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'example-registry-')));
  const shared = { repositories: new Repositories(), files: await BlobFiles.in(folder) };
  const users = await usersOf(options);
  const requests: AccessLine[] = [];

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', url: path = '/' } = request;
    const user = await users?.authenticate(request.headers.authorization);
    const { pathname, searchParams: query } = new URL(path, 'http://registry.invalid');
    const refused = users !== undefined && user === undefined;
    const answer = refused
      ? challenge()
      : await dispatch(pathname, { ...shared, request, method, query }).catch(faultAnswer);
    const line = { method, path, status: answer.status, user };
    requests.push(line);
    options.onRequest?.(line);
    await send(answer, request, response);
  };
  const server = await listen(
    (request, response) => {
      handle(request, response).catch(() => response.destroy());
    },
    { tls: options.tls, host: options.host ?? '127.0.0.1', port: options.port ?? 0 },
  );
  const stop = async (): Promise<void> => {
    await server.stop();
    if (options.dataDir === undefined) await rm(folder, { recursive: true, force: true });
  };
  return { address: server.address, requests, stop };
}

async function usersOf(options: RegistryOptions): Promise<Users | undefined> {
  if (options.htpasswd !== undefined) return new Users(options.htpasswd);
  return options.users === undefined ? undefined : new Users(await htpasswd(options.users));
}

function challenge(): Answer {
  const headers = { 'WWW-Authenticate': 'Basic realm="Example registry"' };
  return faultAnswer(new Fault(401, 'UNAUTHORIZED', 'authentication required', null, headers));
}
