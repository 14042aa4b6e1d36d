import type { ServerResponse } from 'node:http';

import { createAuthority } from '../../../examples/registry/certificates.ts';
import type { Authority } from '../../../examples/registry/certificates.ts';
import { sendJson, startServer } from '../../support/http-server.ts';
import type { SeenRequest, TestServer } from '../../support/http-server.ts';
import { imageContent, sendContent } from './image-content.ts';
import type { ImageContent } from './image-content.ts';

/** Answers a request and says so, or leaves it to the content. */
export type Script = (request: SeenRequest, response: ServerResponse) => 'answered' | 'content';

/** A registry of one repository on loopback, over TLS unless told otherwise; each test gives it a script of its own. */
export interface ScriptedRegistry {
  readonly authority: string;
  readonly port: number;
  readonly url: string;
  readonly caPem: string;
  readonly certificates: Authority;
  readonly content: ImageContent;
  /** `GET /path?query` of each request since {@link play}. */
  readonly targets: readonly string[];
  readonly requests: readonly SeenRequest[];
  /** The Authorization header of each request since {@link play}. */
  readonly authorizations: readonly (string | undefined)[];
  /** Answers by this from now on, and forgets the requests so far. */
  play(script: Script): void;
  stop(): Promise<void>;
}

const contentOnly: Script = () => 'content';

export async function startScriptedRegistry(
  options: { readonly plaintext?: boolean; readonly dnsNames?: readonly string[]; readonly repository?: string } = {},
): Promise<ScriptedRegistry> {
  const certificates = await createAuthority();
  const content = await imageContent(options.repository);
  let script = contentOnly;
  const names = { ipAddresses: ['127.0.0.1'], dnsNames: options.dnsNames ?? [] };
  const server: TestServer = await startServer(
    (request, response) => {
      if (script(request, response) === 'content') sendContent(content, request, response);
    },
    options.plaintext === true ? {} : { tls: await certificates.issue(names) },
  );
  let start = 0;
  const requests = (): readonly SeenRequest[] => server.requests.slice(start);
  return {
    authority: server.authority,
    port: server.port,
    url: server.url,
    caPem: certificates.certificatePem,
    certificates,
    content,
    get targets() {
      return requests().map((request) => `${request.method} ${request.target}`);
    },
    get requests() {
      return requests();
    },
    get authorizations() {
      return requests().map((request) => request.headers.authorization);
    },
    play: (next) => {
      script = next;
      start = server.requests.length;
    },
    stop: async () => server.stop(),
  };
}

/** 401 in a registry's words; without a challenge when that is undefined. */
export function sendUnauthorized(
  response: ServerResponse,
  challenge: string | readonly string[] | undefined,
): 'answered' {
  if (challenge !== undefined) response.setHeader('www-authenticate', challenge);
  sendJson(response, 401, { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] });
  return 'answered';
}

/** Lets only requests with this Authorization header through to the content. */
export function guardedBy(authorization: string, challenge: string | readonly string[] | undefined): Script {
  return (request, response) =>
    request.headers.authorization === authorization ? 'content' : sendUnauthorized(response, challenge);
}

/** Answers `/token` itself, everything else by `script`. */
export function withTokens(answer: (request: SeenRequest, response: ServerResponse) => void, script: Script): Script {
  return (request, response) => {
    if (!request.target.startsWith('/token')) return script(request, response);
    answer(request, response);
    return 'answered';
  };
}

/** A token service's answer: this token, and what else it says. */
export function issueToken(token: string, more: object = {}): Parameters<typeof withTokens>[0] {
  return (_request, response) => {
    sendJson(response, 200, { token, ...more });
  };
}
