import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { sendJson, startServer } from '../support/http-server.ts';
import type { SeenRequest, TestServer } from '../support/http-server.ts';
import { resolveCommand } from '../support/resolve-command.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { sendBlob } from '../registry/protocol/image-content.ts';
import { sendUnauthorized, startScriptedRegistry } from '../registry/protocol/scripted-registry.ts';
import type { Script, ScriptedRegistry } from '../registry/protocol/scripted-registry.ts';
import { basicEntry, basicHeader, failureOfCall, useService } from '../registry/protocol/use-service.ts';
import { imageAt, noSystemRoots, setStage, withServer } from '../registry/transport/stage.ts';

/** What is read of the environment where registries are spoken to; none of it may turn a defence off. */
const variablesOfRegistries = [
  'HTTPS_PROXY',
  'HTTP_PROXY',
  'NODE_EXTRA_CA_CERTS',
  'NO_PROXY',
  'REQUEST_METHOD',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'http_proxy',
  'https_proxy',
  'no_proxy',
];

describe('what turns defences off', function () {
  this.timeout(20_000);

  it('is no variable: the process’s own environment is read in one file', async () => {
    const readers = await filesWith(/\bprocess\.env\b|\bprocess\['env'\]/);
    expect(readers).to.deep.equal(['src/main.ts']);
  });

  it('is no variable: those that the client of registries reads are known', async () => {
    const named = new Set<string>();
    for (const file of await filesWith(/\benvironment\b/)) {
      if (!/^src\/(registry|resolver|image)\//.test(file)) continue;
      const text = (await readFile(file, 'utf8')).replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '');
      for (const [, name = ''] of text.matchAll(/'((?:[A-Z][A-Z\d]*_)+[A-Z\d]+|[a-z]+_proxy)'/g)) named.add(name);
    }
    const errorCodes = /^(CFG|REF|AUTH|MAN|TLS|REGISTRY)_/;
    const variables = [...named].filter((name) => !errorCodes.test(name)).toSorted((a, b) => (a < b ? -1 : 1));
    expect(variables).to.deep.equal(variablesOfRegistries);
  });

  it('is nothing that tests may replace: no command replaces any of it', async () => {
    const replacing = await filesWith(/\b(?:dial|systemRoots):|overrides: (?!\{\})/);
    expect(replacing.filter((file) => /^src\/(commands|main|doctor)/.test(file))).to.deep.equal([]);
  });

  for (const variable of ['NODE_TLS_REJECT_UNAUTHORIZED=0', 'NODE_OPTIONS=--insecure-http-parser', 'DEBUG=*']) {
    it(`is no variable of Node either: a certificate of anybody is not taken under ${variable}`, async () => {
      const { serve, strangersTls, authority } = await setStage();
      const folder = await tempFolder('switches');
      await writeFile(join(folder.path, 'ca.crt'), authority.certificatePem);
      const [name = '', value = ''] = variable.split(/=(.*)/s);
      await withServer(serve, { tls: strangersTls }, async (server) => {
        const flags = ['--enable-private-registries-tls', `--tls-secret-path=${folder.path}`];
        const { failure } = await resolveCommand([imageAt(server), ...flags], 'json', { [name]: value });
        expect(failure).to.include({ reason: 'TLS_UNTRUSTED' });
        expect(server.requests).to.deep.equal([]);
      });
      await folder.remove();
    });
  }
});

/** Every flag by which an operator says to trust more. */
function loosest(registry: ScriptedRegistry): readonly string[] {
  return [
    `--insecure-registries=${registry.authority},0.0.0.0/0,::/0`,
    '--plaintext-fallback=always',
    '--allowed-registries=',
  ];
}

interface Defence {
  readonly row: string;
  readonly what: string;
  readonly script: (registry: ScriptedRegistry, other: TestServer) => Script;
  readonly reason: string;
}

const guard = 'Basic realm="r"';
const html = '<!doctype html><title>Welcome</title>';

const defences: readonly Defence[] = [
  {
    row: '7.2.2',
    what: 'a realm by http on another host',
    script: (_registry, other) => (_request, response) =>
      sendUnauthorized(response, `Bearer realm="http://localhost:${String(other.port)}/token"`),
    reason: 'AUTH_REALM',
  },
  {
    row: '7.2.5',
    what: 'a redirect to a host that asks for a login',
    script: (_registry, other) => redirecting(`https://localhost:${String(other.port)}/blob`),
    reason: 'AUTH_DENIED',
  },
  {
    row: '7.2.8',
    what: 'a manifest over 4 MiB',
    script: ({ content }) => sending(content.manifest.mediaType, Buffer.alloc(4 * 1024 * 1024 + 1, ' ')),
    reason: 'MAN_SIZE',
  },
  {
    row: '7.2.10',
    what: 'another config than the one that the manifest names',
    script:
      ({ content }) =>
      (request, response) => {
        if (!request.target.includes('/blobs/')) return guarded(request, response);
        sendBlob(response, { ...content.config, bytes: Buffer.alloc(content.config.bytes.length, ' ') });
        return 'answered';
      },
    reason: 'MAN_DIGEST',
  },
  {
    row: '7.2.11',
    what: 'a config digest that leaves its folder',
    script: ({ content }) => {
      const body = content.manifest.bytes.toString().replace(/sha256:[0-9a-f]{64}/, 'sha256:../../../etc');
      return sending(content.manifest.mediaType, Buffer.from(body));
    },
    reason: 'MAN_TYPE',
  },
  {
    row: '7.2.15',
    what: 'a web page',
    script: () => sending('text/html', Buffer.from(html)),
    reason: 'NOT_A_REGISTRY',
  },
];

describe('under every flag that trusts more, a registry', function () {
  this.timeout(20_000);
  let registry: ScriptedRegistry;
  let other: TestServer;
  const received: SeenRequest[] = [];

  before(async () => {
    registry = await startScriptedRegistry();
    const tls = await registry.certificates.issue({ dnsNames: ['localhost'] });
    other = await startServer(
      (request, response) => {
        received.push(request);
        sendJson(response, 401, {}, { 'www-authenticate': `Bearer realm="${registry.url}/token"` });
      },
      { tls },
    );
  });

  after(async () => {
    await registry.stop();
    await other.stop();
  });

  for (const { row, what, script, reason } of defences) {
    it(`[${row}] is still ${reason} for ${what}`, async () => {
      received.length = 0;
      registry.play(script(registry, other));
      const setup = {
        caPem: registry.caPem,
        auths: { [registry.authority]: basicEntry('joe', 'pass') },
        flags: loosest(registry),
        overrides: noSystemRoots,
      };
      const failure = await useService(setup, async (service) =>
        failureOfCall(service.resolve(`${registry.authority}/team/fn:v1`)),
      );
      expect(failure.reason).to.equal(reason);
      for (const { headers } of received) expect(headers).to.not.have.any.keys('authorization', 'cookie');
      expect(registry.targets.filter((target) => target.includes('/token'))).to.deep.equal([]);
    });
  }
});

const guarded: Script = (request, response) =>
  request.headers.authorization === basicHeader('joe', 'pass') ? 'content' : sendUnauthorized(response, guard);

function redirecting(location: string): Script {
  return (request, response) => {
    if (!request.target.includes('/blobs/')) return guarded(request, response);
    response.writeHead(307, { location, 'set-cookie': 'a=b' }).end();
    return 'answered';
  };
}

function sending(mediaType: string, body: Buffer): Script {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': mediaType }).end(body);
    return 'answered';
  };
}

async function filesWith(pattern: RegExp): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const file of glob('src/**/*.ts')) if (pattern.test(await readFile(file, 'utf8'))) found.push(file);
  return found.toSorted();
}
