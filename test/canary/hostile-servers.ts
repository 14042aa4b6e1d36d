import type { ServerResponse } from 'node:http';
import { createAuthority } from '../../examples/registry/certificates.ts';
import { startServer, type SeenRequest, type TestServer } from '../support/http-server.ts';
import { type ScriptedRegistry, startScriptedRegistry } from '../resolver/scripted-registry.ts';
import { canaries } from './canaries.ts';

/** A registry, its token service and its blob storage, all of them free to give back what they were given. */
export interface HostileServers {
  readonly registry: ScriptedRegistry;
  readonly tokens: TestServer;
  readonly storage: TestServer;
  readonly caPem: string;
  /** `authority/team/fn:v1` */
  readonly image: string;
  /** Where the blobs are signed to be had. */
  readonly signedUrl: string;
  /** The realm of a Bearer challenge. */
  readonly bearer: string;
  /** Everything that any of them was sent. */
  received(): string;
  tokenBehaviour: Answering;
  storageBehaviour: Answering;
  stop(): Promise<void>;
}

export type Answering = (request: SeenRequest, response: ServerResponse) => void;

export async function startHostileServers(): Promise<HostileServers> {
  const ca = await createAuthority({ name: 'Company CA' });
  const tls = await ca.issue({ ipAddresses: ['127.0.0.1'], dnsNames: ['registry.canary.example'] });
  const registry = await startScriptedRegistry(tls);
  const servers: Pick<HostileServers, 'tokenBehaviour' | 'storageBehaviour'> = {
    tokenBehaviour: giveToken,
    storageBehaviour: echoing(403),
  };
  const [tokens, storage] = await Promise.all([
    startServer(
      (request, response) => {
        servers.tokenBehaviour(request, response);
      },
      { tls },
    ),
    startServer(
      (request, response) => {
        servers.storageBehaviour(request, response);
      },
      { tls },
    ),
  ]);
  const config = { os: 'linux', architecture: 'amd64', config: { Entrypoint: ['/fn'] } };
  registry.tag('v1', registry.serveImage(config));
  return Object.assign(servers, {
    registry,
    tokens,
    storage,
    received: () => [registry, tokens, storage].flatMap(({ requests }) => requests.map(seen)).join('\n'),
    caPem: ca.certificatePem,
    image: `${registry.authority}/team/fn:v1`,
    signedUrl: `${storage.url}/blob?X-Amz-Signature=${canaries.signature}&Expires=1`,
    bearer: `Bearer realm="${tokens.url}/token",service="registry",scope="repository:team/fn:pull"`,
    stop: async () => {
      await Promise.all([registry.stop(), tokens.stop(), storage.stop()]);
    },
  });
}

export function giveToken(_: SeenRequest, response: ServerResponse): void {
  response.end(JSON.stringify({ token: canaries.bearerToken, expires_in: 300 }));
}

/** Answers with all that the request held, in the body and in every header that a client might show. */
export function echoing(status: number, headers: Readonly<Record<string, string>> = {}): Answering {
  return (request, response) => {
    const echo = echoOf(request).replaceAll(/[\r\n]/gu, ' ');
    const line = echo.replaceAll(/[^ -~]/gu, '?');
    response.writeHead(status, {
      'content-type': 'application/json',
      warning: `299 - "${line.replaceAll('"', "'")}"`,
      'docker-content-digest': line,
      'docker-distribution-api-version': line,
      ...headers,
    });
    response.end(
      JSON.stringify({ errors: [{ code: 'DENIED', message: echo, detail: { request: echo } }], details: echo }),
    );
  };
}

/** The same as text that is not JSON. */
export function echoingText(status: number): Answering {
  return (request, response) => {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(echoOf(request));
  };
}

function seen(request: SeenRequest): string {
  return `${request.method} ${request.target} ${JSON.stringify(request.headers)} ${request.body}`;
}

/** Secrets first: what is shown of an answer is cut. */
function echoOf(request: SeenRequest): string {
  const { authorization = '' } = request.headers;
  const decoded = Buffer.from(authorization.replace(/^Basic /u, ''), 'base64').toString();
  const query = decodeURIComponent(request.target.split('?')[1] ?? '');
  return `${authorization} ${decoded} ${decodeURIComponent(request.body)} ${query} ${request.target} ${seen(request)}`;
}
