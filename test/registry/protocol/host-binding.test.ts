import { expect } from 'chai';

import { startServer } from '../../support/http-server.ts';
import type { Handler, TestServer } from '../../support/http-server.ts';
import { sendContent } from './image-content.ts';
import { guardedBy, issueToken, sendUnauthorized, startScriptedRegistry, withTokens } from './scripted-registry.ts';
import type { ScriptedRegistry, Script } from './scripted-registry.ts';
import { basicEntry, basicHeader, failureOf, failureOfCall, useService } from './use-service.ts';
import type { ServiceSetup } from './use-service.ts';
import { VirtualNetwork } from './virtual-network.ts';

const joe = basicHeader('joe', 'pass');
const name = 'registry.example.com';
const mirror = 'mirror.example.com';

/** Sends blobs elsewhere, as registries do that keep them in a bucket. */
function blobsAt(url: string, status: number, script: Script): Script {
  return (request, response) => {
    const answer = script(request, response);
    if (answer === 'answered' || !request.target.includes('/blobs/')) return answer;
    response.writeHead(status, { location: `${url}${request.target}?X-Signature=canary` }).end();
    return 'answered';
  };
}

describe('credentials of a registry', () => {
  let registry: ScriptedRegistry;
  let storage: TestServer;
  let answerStorage: Handler;
  let setup: ServiceSetup;
  let image: string;

  before(async () => {
    registry = await startScriptedRegistry({ dnsNames: [name, mirror] });
    const tls = await registry.certificates.issue({ dnsNames: ['storage.example.com'], ipAddresses: ['127.0.0.1'] });
    storage = await startServer(async (request, response) => answerStorage(request, response), { tls });
    image = `${registry.authority}/team/fn:v1`;
    setup = { caPem: registry.caPem, auths: { [registry.authority]: basicEntry('joe', 'pass') } };
  });

  after(async () => {
    await registry.stop();
    await storage.stop();
  });

  beforeEach(() => {
    answerStorage = (request, response) => {
      sendContent(registry.content, { ...request, target: request.target.split('?')[0] ?? '' }, response);
    };
  });

  /** The realm is the registry's own host, by whatever name it is reached. */
  const bearer = (host = registry.authority): string => `Bearer realm="https://${host}/token",service="reg"`;

  async function resolvedWithoutLeak(by: ServiceSetup, from: string): Promise<void> {
    const before = storage.requests.length;
    const answer = await useService(by, async (service) => service.resolve(from));
    expect(answer.digest).to.equal(registry.content.manifest.digest);
    const redirected = storage.requests.slice(before);
    expect(redirected).to.have.lengthOf(1);
    expect(redirected[0]?.target).to.include('/blobs/').and.include('X-Signature=canary');
    expect(redirected[0]?.headers).not.to.have.any.keys('authorization', 'cookie', 'proxy-authorization');
  }

  it('[HBND1] go to exactly its scheme, host and port, as Bearer on every request there', async () => {
    registry.play(withTokens(issueToken('t1'), guardedBy('Bearer t1', bearer())));
    await useService(setup, async (service) => service.resolve(`${registry.authority}/team/fn:index`));
    expect(registry.authorizations).to.deep.equal([undefined, joe, 'Bearer t1', 'Bearer t1', 'Bearer t1']);
  });

  for (const [kind, script] of [
    ['Basic', (_host?: string) => guardedBy(joe, 'Basic realm="r"')],
    ['Bearer', (host?: string) => withTokens(issueToken('t1'), guardedBy('Bearer t1', bearer(host)))],
  ] as const) {
    it(`[HBND2] [7.2.4] never follow a redirect of a blob to another port, by ${kind}`, async () => {
      registry.play(blobsAt(storage.url, 307, script()));
      await resolvedWithoutLeak(setup, image);
    });

    it(`[HBND2] [7.2.3] never follow a redirect of a blob to another host, by ${kind}`, async () => {
      const network = new VirtualNetwork().name(name, '93.184.216.34').name('storage.example.com', '93.184.216.37');
      network.serve('93.184.216.34', 443, registry).serve('93.184.216.37', 443, storage);
      registry.play(blobsAt('https://storage.example.com', 307, script(name)));
      const auths = { [name]: basicEntry('joe', 'pass') };
      await resolvedWithoutLeak({ ...setup, auths, overrides: network.overrides }, `${name}/team/fn:v1`);
    });
  }

  for (const status of [401, 403]) {
    it(`[HBND3] [7.2.5] are not asked for by a redirected host that answers ${String(status)}, and its realm is not contacted`, async () => {
      const realm = await startServer(
        (_request, response) => {
          response.end('{"token":"t"}');
        },
        { tls: await registry.certificates.issue({ ipAddresses: ['127.0.0.1'] }) },
      );
      answerStorage = (_request, response) => {
        response.setHeader('www-authenticate', `Bearer realm="${realm.url}/token",service="storage"`);
        response.statusCode = status;
        response.end('no');
      };
      const before = storage.requests.length;
      registry.play(blobsAt(storage.url, 302, guardedBy(joe, 'Basic realm="r"')));
      const failure = await failureOf(setup, image);
      await realm.stop();
      expect(failure.reason).to.equal(status === 401 ? 'AUTH_DENIED' : 'AUTH_FORBIDDEN');
      expect(failure.message).to.include(storage.authority).and.not.include('canary');
      expect(realm.requests).to.deep.equal([]);
      expect(storage.requests.slice(before).map((request) => request.headers.authorization)).to.deep.equal([undefined]);
    });
  }

  it('[HBND4] are looked up for each host anew: nothing of one goes to another that asks for a login', async () => {
    const network = new VirtualNetwork().name(name, '93.184.216.34').name(mirror, '93.184.216.36');
    network.serve('93.184.216.34', 443, registry).serve('93.184.216.36', 443, registry);
    registry.play(guardedBy(joe, 'Basic realm="r"'));
    const auths = { [name]: basicEntry('joe', 'pass') };
    await useService({ ...setup, auths, overrides: network.overrides }, async (service) => {
      await service.resolve(`${name}/team/fn:v1`);
      const before = registry.requests.length;
      const failure = await failureOfCall(service.resolve(`${mirror}/team/fn:v1`));
      expect(failure.reason).to.equal('AUTH_DENIED');
      expect(registry.authorizations.slice(before)).to.deep.equal([undefined]);
    });
  });

  it('[HBND5] [HBND6] [PG8] are known to be wanted by the same host with and without the port of https', async () => {
    const network = new VirtualNetwork().name(name, '93.184.216.34').serve('93.184.216.34', 443, registry);
    registry.play(guardedBy(joe, 'Basic realm="r"'));
    const auths = { [name]: basicEntry('joe', 'pass'), [`${name}:443`]: basicEntry('joe', 'pass') };
    await useService({ ...setup, auths, overrides: network.overrides }, async (service) => {
      await service.resolve(`${name}/team/fn:v1`);
      const before = registry.requests.length;
      await service.resolve(`${name}:443/team/fn:v1`);
      expect(registry.authorizations.slice(before).every((value) => value === joe)).to.equal(true);
    });
  });

  it('[7.2.7] [TC13] do not go to a plaintext registry: no Authorization first, an error on its 401', async () => {
    const plain = await startScriptedRegistry({ plaintext: true });
    const network = new VirtualNetwork().name(name, '93.184.216.34').serve('93.184.216.34', 5000, plain);
    const auths = { [`${name}:5000`]: basicEntry('joe', 'pass') };
    for (const challenge of ['Basic realm="r"', `Bearer realm="https://${name}:5000/token"`]) {
      plain.play((_request, response) => sendUnauthorized(response, challenge));
      const failure = await failureOf({ ...setup, auths, overrides: network.overrides }, `${name}:5000/team/fn:v1`);
      expect(failure.reason).to.equal('PLAINTEXT_CREDENTIALS');
      expect(failure.message).to.include(`${name}:5000`);
      expect(failure.hint).to.include('--insecure-registries');
      expect(plain.authorizations.every((value) => value === undefined)).to.equal(true);
      expect(plain.targets).to.deep.equal(['GET /v2/team/fn/manifests/v1']);
    }
    await plain.stop();
  });

  it('[7.2.7] [TC13] do not go to a plaintext registry that is known to want them either', async () => {
    const plain = await startScriptedRegistry({ plaintext: true });
    const network = new VirtualNetwork().name(name, '93.184.216.34').serve('93.184.216.34', 5000, plain);
    const logins = [basicEntry('joe', 'pass'), { registrytoken: 'canary' }, { identitytoken: 'canary' }];
    for (const login of logins) {
      for (const challenge of ['Basic realm="r"', `Bearer realm="${registry.url}/token"`]) {
        plain.play((_request, response) => sendUnauthorized(response, challenge));
        registry.play(() => 'content');
        const by = { ...setup, auths: { [`${name}:5000`]: login }, overrides: network.overrides };
        await useService(by, async (service) => {
          for (const tag of ['v1', 'v2', 'v3']) await failureOfCall(service.resolve(`${name}:5000/team/fn:${tag}`));
        });
        expect(plain.authorizations).to.deep.equal([undefined, undefined, undefined]);
        expect(registry.targets).to.deep.equal([]);
      }
    }
    await plain.stop();
  });

  it('[7.2.7] [TC14] are not needed by an open plaintext registry, whose tag is warned of', async () => {
    const plain = await startScriptedRegistry({ plaintext: true });
    const network = new VirtualNetwork().name(name, '93.184.216.34').serve('93.184.216.34', 5000, plain);
    const auths = { [`${name}:5000`]: basicEntry('joe', 'pass') };
    await useService({ ...setup, auths, overrides: network.overrides }, async (service) => {
      const answer = await service.resolve(`${name}:5000/team/fn:v1`);
      expect(answer.connection).to.equal('plaintext');
      expect(service.logLines.join('\n')).to.include('does not prove who the registry is');
    });
    expect(plain.authorizations).to.deep.equal([undefined, undefined]);
    await plain.stop();
  });

  it('[S1] [CB8] stay home when a config descriptor has urls, which are not contacted', async () => {
    const before = storage.requests.length;
    const { manifest } = registry.content;
    const body: unknown = JSON.parse(String(manifest.bytes), (key, value: unknown) =>
      key === 'config' && typeof value === 'object' ? { ...value, urls: [`${storage.url}/config`] } : value,
    );
    registry.play((request, response) => {
      if (request.headers.authorization !== joe) return sendUnauthorized(response, 'Basic realm="r"');
      if (!request.target.endsWith('/manifests/v1')) return 'content';
      response.setHeader('content-type', manifest.mediaType);
      response.end(JSON.stringify(body));
      return 'answered';
    });
    await useService(setup, async (service) => service.resolve(image));
    expect(storage.requests.slice(before)).to.deep.equal([]);
  });
});
