import type { ServerResponse } from 'node:http';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { sendJson, startServer } from './http-server.ts';
import type { Handler, SeenRequest, TestServerOptions } from './http-server.ts';
import { signRegistryToken } from './registry-token.ts';
import type { TokenClaims } from './registry-token.ts';

export interface TokenServiceOptions {
  readonly tls?: NonNullable<TestServerOptions['tls']>;
  /** Host name in the realm; default 127.0.0.1. */
  readonly host?: string;
  /** User name → password. Without credentials an anonymous token without any right is given out. */
  readonly users?: Readonly<Record<string, string>>;
  /** Identity (refresh) token → user name. */
  readonly identityTokens?: Readonly<Record<string, string>>;
  /** Repositories that an anonymous token may pull; default none. */
  readonly publicRepositories?: readonly string[];
  /** User name → the actions that it may get at most; default: all that it asks for. */
  readonly rights?: Readonly<Record<string, readonly string[]>>;
  /** `expires_in` and the token's life; default 300. */
  readonly expiresInSeconds?: number;
}

/** A token service as `GET realm?service=…&scope=…` with Basic, and `POST realm` with a refresh token, speak to it. */
export interface TokenService {
  readonly realm: string;
  readonly service: string;
  readonly issuer: string;
  /** For docker-registry's `rootcertbundle`. */
  readonly rootCertificatePem: string;
  readonly requests: readonly SeenRequest[];
  /** Answers by this instead, until called with undefined: for denial, nonsense, silence. */
  behave(handler: Handler | undefined): void;
  /** A token that the registry takes, as the service would sign it. */
  token(access: TokenClaims['access'], lifeSeconds?: number): string;
  stop(): Promise<void>;
}

const service = 'test-registry';
const issuer = 'test-token-service';

export async function startTokenService(options: TokenServiceOptions = {}): Promise<TokenService> {
  const authority = await createAuthority({ name: 'Token signing' });
  const signer = await authority.issue({ commonName: 'token signer' });
  const lifeSeconds = options.expiresInSeconds ?? 300;
  const sign = (subject: string, access: TokenClaims['access'], life = lifeSeconds): string =>
    signRegistryToken({ issuer, audience: service, subject, access, lifeSeconds: life }, signer);
  let behaviour: Handler | undefined;
  const server = await startServer(async (request, response) => {
    if (behaviour !== undefined) await behaviour(request, response);
    else answer(request, response, options, (subject, access) => sign(subject, access), lifeSeconds);
  }, serverOptions(options));
  return {
    realm: `${server.url}/token`,
    service,
    issuer,
    rootCertificatePem: authority.certificatePem,
    requests: server.requests,
    behave: (handler) => {
      behaviour = handler;
    },
    token: (access, life) => sign('', access, life),
    stop: async () => server.stop(),
  };
}

function serverOptions(options: TokenServiceOptions): TestServerOptions {
  return {
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.host === undefined ? {} : { authorityHost: options.host }),
  };
}

function answer(
  request: SeenRequest,
  response: ServerResponse,
  options: TokenServiceOptions,
  sign: (subject: string, access: TokenClaims['access']) => string,
  lifeSeconds: number,
): void {
  const form = new URLSearchParams(request.method === 'POST' ? request.body : new URL(request.target, 'x://y').search);
  const user = request.method === 'POST' ? refreshedUser(form, options) : basicUser(request, options);
  if (user === 'refused') {
    sendJson(response, 401, { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] });
    return;
  }
  const access = form.getAll('scope').flatMap((scope) => accessOf(scope, user, options));
  const token = sign(user ?? '', access);
  sendJson(response, 200, { token, access_token: token, expires_in: lifeSeconds });
}

/** `undefined` is anonymous. */
function basicUser(request: SeenRequest, options: TokenServiceOptions): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return undefined;
  const decoded = Buffer.from(header.replace(/^Basic /i, ''), 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  const name = decoded.slice(0, colon);
  return options.users?.[name] === decoded.slice(colon + 1) ? name : 'refused';
}

function refreshedUser(form: URLSearchParams, options: TokenServiceOptions): string {
  if (form.get('grant_type') !== 'refresh_token') return 'refused';
  return options.identityTokens?.[form.get('refresh_token') ?? ''] ?? 'refused';
}

/** `repository:a/b:pull,push` → the access entry, if this user may have it. */
function accessOf(
  scope: string,
  user: string | undefined,
  { publicRepositories = [], rights = {} }: TokenServiceOptions,
): TokenClaims['access'] {
  const [, type, name, actions] = /^([^:]+):(.+):([^:]+)$/.exec(scope) ?? [];
  if (type === undefined || name === undefined || actions === undefined) return [];
  if (user === undefined && !publicRepositories.includes(name)) return [];
  const most = rights[user ?? ''];
  return [{ type, name, actions: actions.split(',').filter((action) => most?.includes(action) !== false) }];
}
