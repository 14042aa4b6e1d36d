import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { createAuthority } from '../../../examples/registry/certificates.ts';
import type { Authority } from '../../../examples/registry/certificates.ts';
import { startServer } from '../../support/http-server.ts';
import type { Handler, SeenRequest, TestServer, TestServerOptions } from '../../support/http-server.ts';
import type { TestService } from '../../support/service.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { imageContent, sendContent } from '../protocol/image-content.ts';
import type { ImageContent } from '../protocol/image-content.ts';
import { basicEntry, basicHeader, useService } from '../protocol/use-service.ts';
import type { ServiceSetup } from '../protocol/use-service.ts';

const login = ['robot', 'origin-password'] as const;

/** A registry behind a login with mirrors before it, and the folder that says so. */
export interface MirrorStage extends AsyncDisposable {
  readonly content: ImageContent;
  readonly authority: Authority;
  /** Lets {@link login} in alone. */
  readonly origin: TestServer;
  /** `host:port/team/fn:v1` of the origin. */
  readonly image: string;
  /** The same by digest. */
  readonly pinned: string;
  /** Answers with the image, whatever the query. */
  readonly serve: Handler;
  /** A server over TLS of the stage's authority; in plaintext with `tls: undefined`. */
  start(handler: Handler, options?: TestServerOptions): Promise<TestServer>;
  /** Writes a file of the folder of the origin, or of another one. */
  write(file: string, text: string, folder?: string): Promise<void>;
  /** A hosts.toml with these servers as mirrors, with all capabilities. */
  mirrorsAre(...servers: readonly TestServer[]): Promise<void>;
  /** Runs a service that reads the folder and has the origin's login. */
  use<T>(work: (service: TestService) => Promise<T>, setup?: ServiceSetup): Promise<T>;
}

export async function setMirrorStage(): Promise<MirrorStage> {
  const stack = new AsyncDisposableStack();
  const content = await imageContent();
  const authority = await createAuthority({ name: 'Company CA' });
  const tls = await authority.issue({ ipAddresses: ['127.0.0.1'], dnsNames: ['localhost'] });
  const folder = await tempFolder('certs.d');
  stack.defer(async () => folder.remove());
  const serve: Handler = (request, response) => {
    const target = request.target.replace(/\?.*$/, '');
    sendContent(content, { ...request, target }, response);
  };
  const start: MirrorStage['start'] = async (handler, options = { tls }) => {
    const server = await startServer(handler, options);
    stack.defer(async () => server.stop());
    return server;
  };
  const origin = await start((request, response) => {
    if (request.headers.authorization === basicHeader(...login)) return serve(request, response);
    response.writeHead(401, { 'www-authenticate': 'Basic realm="origin"' }).end();
  });
  const write: MirrorStage['write'] = async (file, text, name = `127.0.0.1_${String(origin.port)}_`) => {
    await mkdir(join(folder.path, name), { recursive: true });
    await writeFile(join(folder.path, name, file), text);
  };
  return {
    content,
    authority,
    origin,
    image: `${origin.authority}/team/fn:v1`,
    pinned: `${origin.authority}/team/fn@${content.manifest.digest}`,
    serve,
    start,
    write,
    mirrorsAre: async (...servers) => write('hosts.toml', servers.map(({ url }) => `[host."${url}"]\n`).join('')),
    use: async (work, setup = {}) =>
      useService(
        {
          caPem: authority.certificatePem,
          ...setup,
          auths: { [origin.authority]: basicEntry(...login), ...setup.auths },
          flags: [`--registry-hosts-dir=${folder.path}`, ...(setup.flags ?? [])],
        },
        work,
      ),
    [Symbol.asyncDispose]: async () => stack.disposeAsync(),
  };
}

/** `path?query` of each request, in order. */
export function targetsOf({ requests }: { readonly requests: readonly SeenRequest[] }): readonly string[] {
  return requests.map(({ target }) => target);
}

/** The messages of log lines at this level. */
export function logged(service: TestService, message: string): readonly unknown[] {
  return service.logLines
    .map((line): unknown => JSON.parse(line))
    .filter((line) => JSON.stringify(line).includes(message));
}
