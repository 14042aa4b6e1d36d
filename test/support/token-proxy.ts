import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { type SeenRequest, startServer, type TestServer } from './http-server.ts';
import type { RegistryAccess } from './skopeo.ts';

/** A registry that takes `AWS` with short-lived tokens as passwords, like some clouds do: to the millisecond, with no grace. */
export interface TokenProxy {
  /** `host:port`; plaintext. */
  readonly authority: string;
  /** How often a token was shown that was good, and one that had ended. */
  readonly seen: { readonly good: number; readonly ended: number };
  /** The registry behind it, to which it logs in itself. */
  lead(to: RegistryAccess): void;
  stop(): Promise<void>;
}

/** A shell command that prints a token which lives so long from then on. */
export function tokenCommand(lifeMs: number): string {
  return `echo "$(( $(date +%s%3N) + ${String(lifeMs)} )).$$"`;
}

export async function startTokenProxy(): Promise<TokenProxy> {
  const seen = { good: 0, ended: 0 };
  let target: RegistryAccess | undefined;
  const server: TestServer = await startServer(async (request, response) => {
    const endsAtMs = tokenEnd(request.headers.authorization);
    if (endsAtMs !== undefined) seen[Date.now() < endsAtMs ? 'good' : 'ended'] += 1;
    if (target === undefined || endsAtMs === undefined || Date.now() >= endsAtMs) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="cloud"', 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'Not Authorized' }] }));
      return;
    }
    const answer = await ask(target, request);
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    await once(answer, 'end');
  });
  return {
    authority: server.authority,
    seen,
    lead: (to) => {
      target = to;
    },
    stop: async () => server.stop(),
  };
}

/** When the token ends, in milliseconds since the epoch; undefined for what is none. */
function tokenEnd(authorization = ''): number | undefined {
  const text = Buffer.from(authorization.replace(/^Basic /i, ''), 'base64').toString();
  const [, end] = /^AWS:(\d+)\.\d+$/.exec(text) ?? [];
  return end === undefined ? undefined : Number(end);
}

async function ask(to: RegistryAccess, { method, target, headers }: SeenRequest): Promise<IncomingMessage> {
  const { authorization: _token, host: _host, ...others } = headers;
  const login = to.user === undefined ? {} : { auth: `${to.user.name}:${to.user.password}` };
  const options = { method, headers: others, ca: to.caPem, agent: false, ...login };
  return new Promise((resolve, reject) => {
    tlsRequest(`https://${to.authority}${target}`, options, resolve).on('error', reject).end();
  });
}
