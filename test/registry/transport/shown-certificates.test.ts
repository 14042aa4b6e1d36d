import { mkdir, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';

import { expect } from 'chai';

import { createAuthority } from '../../../examples/registry/certificates.ts';
import type { Authority, KeyPair } from '../../../examples/registry/certificates.ts';
import type { AppOverrides } from '../../../src/app-overrides.ts';
import { sendJson, startServer } from '../../support/http-server.ts';
import type { Handler, TestServer } from '../../support/http-server.ts';
import { mountSecret } from '../../support/mounted-secret.ts';
import { startService } from '../../support/service.ts';
import type { TestService } from '../../support/service.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { imageContent, sendContent } from '../protocol/image-content.ts';
import type { ImageContent } from '../protocol/image-content.ts';
import { failureOfCall } from '../protocol/use-service.ts';
import { startConnectProxy } from './connect-proxy.ts';

/** Servers that ask everyone for a certificate, let everyone in, and note who came. */
class Stage implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly content: ImageContent;
  readonly ca: Authority;
  readonly #pair: KeyPair;

  private constructor(content: ImageContent, ca: Authority, pair: KeyPair) {
    this.content = content;
    this.ca = ca;
    this.#pair = pair;
  }

  static async create(): Promise<Stage> {
    const ca = await createAuthority({ name: 'Company CA' });
    return new Stage(await imageContent(), ca, await ca.issue({ commonName: 'runner', client: true }));
  }

  /** `seen`: the common name that each request came with, `nobody` for none. */
  async start(
    handler: Handler,
    { authority = this.ca, host = '127.0.0.1', insists = false } = {},
  ): Promise<{ readonly server: TestServer; readonly seen: ReadonlySet<string> }> {
    const seen = new Set<string>();
    const pair = await authority.issue({ ipAddresses: ['127.0.0.1'], dnsNames: ['localhost', 'registry.example'] });
    const options = { requestCert: true, rejectUnauthorized: insists, ca: this.ca.certificatePem };
    const noting: Handler = (request, response) => {
      seen.add(peerOf(response));
      return handler(request, response);
    };
    const server = await startServer(noting, { tls: { ...pair, options }, authorityHost: host });
    this.#stack.defer(async () => server.stop());
    return { server, seen };
  }

  async resolve(image: string, flags: readonly string[] = [], overrides: AppOverrides = {}): Promise<unknown> {
    return this.use(async (service) => service.resolve(image), flags, overrides);
  }

  async use<T>(
    work: (service: TestService) => Promise<T>,
    flags: readonly string[] = [],
    overrides: AppOverrides = {},
  ): Promise<T> {
    const files = {
      'ca.crt': this.ca.certificatePem,
      'tls.crt': this.#pair.certificatePem,
      'tls.key': this.#pair.keyPem,
    };
    const secret = await mountSecret(files);
    this.#stack.defer(async () => secret.remove());
    const service = await startService({
      flags: [
        '--enable-private-registries-tls',
        `--tls-secret-path=${secret.path}`,
        '--registry-client-certificate',
        '--image-platform=linux/amd64',
        ...flags,
      ],
      overrides: { systemRoots: () => [], ...overrides },
    });
    try {
      return await work(service);
    } finally {
      await service.stop();
    }
  }

  async folder(): Promise<string> {
    const folder = await tempFolder('certs.d');
    this.#stack.defer(async () => folder.remove());
    return folder.path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

function peerOf({ socket }: ServerResponse): string {
  if (!(socket instanceof TLSSocket)) return 'plaintext';
  const { subject } = socket.getPeerCertificate();
  return subject === undefined ? 'nobody' : String(subject.CN);
}

const issueToken: Handler = (_request, response) => {
  sendJson(response, 200, { token: 't1' });
};

/** A registry that sends whoever comes to that token service. */
function wantToken(content: ImageContent, tokens: TestServer): Handler {
  return (request, response) => {
    if (request.headers.authorization === 'Bearer t1') sendContent(content, request, response);
    else response.writeHead(401, { 'www-authenticate': `Bearer realm="${tokens.url}/token"` }).end();
  };
}

const only = (name: string): ReadonlySet<string> => new Set([name]);

describe('the certificate of --registry-client-certificate, through the service', function () {
  this.timeout(20_000);

  it('is shown to the registry, and to its token service wherever that is', async () => {
    await using stage = await Stage.create();
    const tokens = await stage.start(issueToken, { host: 'localhost' });
    const registry = await stage.start(wantToken(stage.content, tokens.server));
    await stage.resolve(`${registry.server.authority}/team/fn:v1`);
    expect([registry.seen, tokens.seen]).to.deep.equal([only('runner'), only('runner')]);
  });

  it('is shown to registries that the authorities of the system vouch for, too', async () => {
    await using stage = await Stage.create();
    const authority = await createAuthority({ name: 'Public CA' });
    const registry = await stage.start(
      (request, response) => {
        sendContent(stage.content, request, response);
      },
      { authority },
    );
    await stage.resolve(`${registry.server.authority}/team/fn:v1`, [], {
      systemRoots: () => [authority.certificatePem],
    });
    expect(registry.seen).to.deep.equal(only('runner'));
  });

  for (const [what, host] of [
    ['another host', 'localhost'],
    ['another port', '127.0.0.1'],
  ] as const) {
    it(`is not shown to ${what} that the registry redirects to`, async () => {
      await using stage = await Stage.create();
      const store = await stage.start(
        (request, response) => {
          sendContent(stage.content, request, response);
        },
        { host },
      );
      const registry = await stage.start((request, response) => {
        if (!request.target.includes('/blobs/')) sendContent(stage.content, request, response);
        else response.writeHead(307, { location: `${store.server.url}${request.target}` }).end();
      });
      await stage.resolve(`${registry.server.authority}/team/fn:v1`);
      expect([registry.seen, store.seen]).to.deep.equal([only('runner'), only('nobody')]);
    });
  }

  it('is not shown to a mirror', async () => {
    await using stage = await Stage.create();
    const serve: Handler = (request, response) => {
      sendContent(stage.content, { ...request, target: request.target.replace(/\?.*$/, '') }, response);
    };
    const registry = await stage.start(serve);
    const mirror = await stage.start((request, response) =>
      request.target.includes('/blobs/') ? response.writeHead(404).end() && undefined : serve(request, response),
    );
    const folder = await stage.folder();
    await mkdir(join(folder, registry.server.authority));
    await writeFile(join(folder, registry.server.authority, 'hosts.toml'), `[host."${mirror.server.url}"]\n`);
    await stage.resolve(`${registry.server.authority}/team/fn:v1`, [`--registry-hosts-dir=${folder}`]);
    expect([registry.seen, mirror.seen]).to.deep.equal([only('runner'), only('nobody')]);
  });

  for (const [how, prepare] of [
    [
      '--insecure-registries',
      async (_stage: Stage, authority: string) => Promise.resolve([`--insecure-registries=${authority}`]),
    ],
    [
      'skip_verify of the node',
      async (stage: Stage, authority: string) => {
        const folder = await stage.folder();
        await mkdir(join(folder, authority));
        await writeFile(join(folder, authority, 'hosts.toml'), 'skip_verify = true\n');
        return [`--registry-hosts-dir=${folder}`];
      },
    ],
  ] as const) {
    it(`is not shown to a registry whose certificate nobody verified, by ${how}`, async () => {
      await using stage = await Stage.create();
      const authority = await createAuthority({ name: 'Somebody else' });
      const registry = await stage.start(
        (request, response) => {
          sendContent(stage.content, request, response);
        },
        { authority },
      );
      const flags = await prepare(stage, registry.server.authority);
      const resolved = await stage.resolve(`${registry.server.authority}/team/fn:v1`, flags);
      expect(resolved).to.include({ connection: 'insecure-tls' });
      expect(registry.seen).to.deep.equal(only('nobody'));
    });
  }

  it('is not shown to the token service that such a registry names', async () => {
    await using stage = await Stage.create();
    const tokens = await stage.start(issueToken, { host: 'localhost' });
    const authority = await createAuthority({ name: 'Somebody else' });
    const registry = await stage.start(wantToken(stage.content, tokens.server), { authority });
    const listed = `--insecure-registries=${registry.server.authority}`;
    await stage.resolve(`${registry.server.authority}/team/fn:v1`, [listed]);
    expect([registry.seen, tokens.seen]).to.deep.equal([only('nobody'), only('nobody')]);
  });

  it('goes through a proxy to the registry behind it', async () => {
    await using stage = await Stage.create();
    const registry = await stage.start((request, response) => {
      sendContent(stage.content, request, response);
    });
    await using proxy = await proxyTo(registry.server);
    await stage.resolve('registry.example/team/fn:v1', [], { environment: proxy.environment });
    expect(proxy.tunnels).to.include('registry.example:443');
    expect(registry.seen).to.deep.equal(only('runner'));
  });

  it('is asked for by a page of HTTP where nginx stands before the registry, and the error tells', async () => {
    await using stage = await Stage.create();
    const page = '<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n</html>\r\n';
    const { server } = await stage.start((_request, response) => {
      response.writeHead(400, { 'content-type': 'text/html' }).end(page);
    });
    const failure = await stage.use(
      async (service) => failureOfCall(service.resolve(`${server.authority}/team/fn:v1`)),
      ['--registry-client-certificate=false'],
    );
    expect(failure.message).to.include('No required SSL certifica');
    expect(failure.hint).to.include('--registry-client-certificate');
  });

  for (const isProxied of [false, true]) {
    it(`is asked for by a server that hangs up instead of saying so, and the error tells${isProxied ? ', behind a proxy' : ''}`, async () => {
      await using stage = await Stage.create();
      const serve: Handler = (request, response) => {
        sendContent(stage.content, request, response);
      };
      const { server } = await stage.start(serve, { insists: true });
      await using proxy = await proxyTo(server);
      const authority = isProxied ? 'registry.example' : server.authority;
      const failure = await stage.use(
        async (service) => failureOfCall(service.resolve(`${authority}/team/fn:v1`)),
        ['--registry-client-certificate=false'],
        { environment: isProxied ? proxy.environment : {}, random: () => 0 },
      );
      expect(failure.message).to.include(`${authority} asked for a client certificate, and none was shown`);
      expect(failure.hint).to.include('--registry-client-certificate');
      expect(proxy.tunnels.length > 0).to.equal(isProxied);
    });
  }
});

/** Behind it the server is registry.example. */
async function proxyTo(
  server: TestServer,
): Promise<
  AsyncDisposable & { readonly environment: Readonly<Record<string, string>>; readonly tunnels: readonly string[] }
> {
  const proxy = await startConnectProxy({ hosts: { 'registry.example:443': server } });
  return {
    environment: { HTTPS_PROXY: `http://127.0.0.1:${String(proxy.port)}` },
    tunnels: proxy.tunnels,
    [Symbol.asyncDispose]: async () => proxy.stop(),
  };
}
