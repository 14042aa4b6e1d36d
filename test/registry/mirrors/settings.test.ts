import { join } from 'node:path';

import { expect } from 'chai';

import { createAuthority } from '../../../examples/registry/certificates.ts';
import type { Handler } from '../../support/http-server.ts';
import { ManualClock } from '../../resolver/manual-clock.ts';
import { basicEntry, basicHeader } from '../protocol/use-service.ts';
import { logged, setMirrorStage, targetsOf } from './mirror-stage.ts';

/** Lets this login in alone. */
function guarded(serve: Handler, ...login: readonly [string, string]): Handler {
  return (request, response) => {
    if (request.headers.authorization === basicHeader(...login)) return serve(request, response);
    response.writeHead(401, { 'www-authenticate': 'Basic realm="mirror"' }).end();
  };
}

describe('the node’s registry configuration, through the service', function () {
  this.timeout(20_000);

  it('[MR3] asks a mirror that may only pull for digests, never for tags', async () => {
    await using stage = await setMirrorStage();
    const mirror = await stage.start(stage.serve);
    await stage.write('hosts.toml', `[host."${mirror.url}"]\ncapabilities = ["pull"]\n`);
    await stage.use(async (service) => {
      await service.resolve(stage.image);
      expect(targetsOf(mirror).map((target) => target.split('/')[4])).to.deep.equal(['blobs']);
      expect(targetsOf(stage.origin)).to.include('/v2/team/fn/manifests/v1');
    });
    await stage.use(async (service) => service.resolve(stage.pinned));
    expect(targetsOf(mirror).filter((target) => target.includes('/manifests/'))).to.have.lengthOf(1);
  });

  it('[MR3] asks nobody for a tag whom the file lets resolve none', async () => {
    await using stage = await setMirrorStage();
    await stage.write('hosts.toml', 'capabilities = ["pull"]\n');
    await stage.use(async (service) => {
      const failure = await service.resolve(stage.image).catch((error: unknown) => error);
      expect(failure).to.include({ reason: 'CFG_OPTION' });
      await service.resolve(stage.pinned);
    });
  });

  it('[MR1] [MR5] asks the server of the file instead of the registry, and tells it for whom', async () => {
    await using stage = await setMirrorStage();
    const server = await stage.start(stage.serve);
    await stage.write('hosts.toml', `server = "${server.url}"\n`);
    await stage.use(async (service) => service.resolve(stage.image));
    expect(stage.origin.requests).to.deep.equal([]);
    const ns = encodeURIComponent(stage.origin.authority);
    expect(targetsOf(server)).to.deep.equal([
      `/v2/team/fn/manifests/v1?ns=${ns}`,
      `/v2/team/fn/blobs/${stage.content.config.digest}?ns=${ns}`,
    ]);
  });

  for (const { title, path, settings, base } of [
    { title: 'below the path of a mirror', path: '/us', settings: '', base: '/us/v2' },
    { title: 'at a path that ends in /v2', path: '/cache/v2/', settings: '', base: '/cache/v2' },
    {
      title: 'at the path as written where it overrides',
      path: '/proxy/hub',
      settings: 'override_path = true',
      base: '/proxy/hub',
    },
    { title: 'at the root where that overrides', path: '', settings: 'override_path = true', base: '' },
  ]) {
    it(`[MR2] finds the API ${title}`, async () => {
      await using stage = await setMirrorStage();
      const mirror = await stage.start((request, response) => {
        if (!request.target.startsWith(`${base}/team/`)) response.writeHead(404).end();
        else return stage.serve({ ...request, target: `/v2${request.target.slice(base.length)}` }, response);
      });
      await stage.write('hosts.toml', `[host."${mirror.url}${path}"]\n${settings}\n`);
      await stage.use(async (service) => service.resolve(stage.image));
      expect(stage.origin.requests).to.deep.equal([]);
      expect(targetsOf(mirror)[0]).to.match(new RegExp(`^${base}/team/fn/manifests/v1\\?ns=`));
    });
  }

  it('[MR4] trusts a host by its own CA, shows it its own certificate, and sends it its own headers', async () => {
    await using stage = await setMirrorStage();
    const ca = await createAuthority({ name: 'Mirror CA' });
    const client = await ca.issue({ commonName: 'node', client: true });
    const tls = {
      ...(await ca.issue({ ipAddresses: ['127.0.0.1'] })),
      options: { ca: ca.certificatePem, requestCert: true, rejectUnauthorized: true },
    };
    const mirror = await stage.start(stage.serve, { tls });
    await stage.write('mirror.crt.pem', ca.certificatePem);
    await stage.write('node.cert.pem', client.certificatePem);
    await stage.write('node.key.pem', client.keyPem);
    await stage.write(
      'hosts.toml',
      `[host."${mirror.url}"]\nca = "mirror.crt.pem"\nclient = [["node.cert.pem", "node.key.pem"]]\n` +
        `[host."${mirror.url}".header]\nX-Node = ["a", "b"]\nAuthorization = "Bearer of-the-node"\n`,
    );
    await stage.use(async (service) => {
      const resolved = await service.resolve(stage.image);
      expect(resolved.connection).to.equal('mounted-ca');
      expect(service.logLines.join('\n')).not.to.include('of-the-node');
    });
    expect(stage.origin.requests).to.deep.equal([]);
    for (const { headers } of mirror.requests)
      expect(headers).to.include({ 'x-node': 'a, b', authorization: 'Bearer of-the-node' });
  });

  it('[MR4] sends the headers of a mirror to nobody else', async () => {
    await using stage = await setMirrorStage();
    const mirror = await stage.start((_request, response) => response.writeHead(500).end() && undefined);
    await stage.write('hosts.toml', `[host."${mirror.url}".header]\nx-node = "a"\n`);
    await stage.use(async (service) => service.resolve(stage.image));
    expect(mirror.requests[0]?.headers).to.include({ 'x-node': 'a' });
    for (const { headers } of stage.origin.requests) expect(headers).not.to.have.property('x-node');
  });

  const lookup = async (): Promise<readonly { address: string; family: number }[]> =>
    Promise.resolve([{ address: '127.0.0.1', family: 4 }]);

  it('[MR4] sends the headers of a registry to nobody who only says that it speaks no TLS', async () => {
    await using stage = await setMirrorStage();
    const registry = await stage.start(stage.serve, { authorityHost: 'plain.example' });
    await stage.write('hosts.toml', '[header]\nx-node = "a"\n', `plain.example_${String(registry.port)}_`);
    await stage.use(
      async (service) => {
        const { connection } = await service.resolve(`${registry.authority}/team/fn:v1`);
        expect(connection).to.equal('plaintext');
      },
      { overrides: { lookup } },
    );
    expect(registry.requests).to.not.deep.equal([]);
    for (const { headers } of registry.requests) expect(headers).not.to.have.property('x-node');
  });

  it('[MR4] sends the headers of a mirror in clear where the file says http', async () => {
    await using stage = await setMirrorStage();
    const mirror = await stage.start(stage.serve, { authorityHost: 'mirror.example' });
    await stage.write('hosts.toml', `[host."${mirror.url}".header]\nx-node = "a"\n`);
    await stage.use(async (service) => service.resolve(stage.image), { overrides: { lookup } });
    expect(mirror.requests).to.not.deep.equal([]);
    for (const { headers } of mirror.requests) expect(headers).to.include({ 'x-node': 'a' });
  });

  it('[MR4] takes any certificate of a host that the node does not verify, of that host alone', async () => {
    await using stage = await setMirrorStage();
    const stranger = await createAuthority({ name: 'Somebody else' });
    const tls = await stranger.issue({ ipAddresses: ['127.0.0.1'] });
    const mirror = await stage.start(stage.serve, { tls });
    const other = await stage.start(stage.serve, { tls });
    await stage.write('hosts.toml', `[host."${other.url}"]\n[host."${mirror.url}"]\nskip_verify = true\n`);
    await stage.use(async (service) => {
      const resolved = await service.resolve(stage.image);
      expect(resolved.connection).to.equal('insecure-tls');
    });
    expect(other.requests).to.deep.equal([]);
    expect(stage.origin.requests).to.deep.equal([]);
  });

  it('takes a mirror by http where the file says so', async () => {
    await using stage = await setMirrorStage();
    const mirror = await stage.start(stage.serve, {});
    await stage.mirrorsAre(mirror);
    await stage.use(async (service) => {
      expect((await service.resolve(stage.image)).connection).to.equal('plaintext');
    });
    expect(stage.origin.requests).to.deep.equal([]);
  });

  it('[MR11] gives a mirror no credentials but those for its own host', async () => {
    await using stage = await setMirrorStage();
    const open = await stage.start(guarded(stage.serve, 'nobody', 'has this'));
    const mirror = await stage.start(guarded(stage.serve, 'mirror-user', 'mirror-password'));
    await stage.mirrorsAre(open, mirror);
    const auths = { [mirror.authority]: basicEntry('mirror-user', 'mirror-password') };
    await stage.use(
      async (service) => {
        const { attempts, credential } = await service.resolve(stage.image);
        expect(credential).to.equal(mirror.authority);
        expect(JSON.stringify(attempts)).to.include(`looked for ${open.authority}/`);
      },
      { auths },
    );
    expect(open.requests.map(({ headers }) => headers.authorization)).to.deep.equal([undefined, undefined]);
    expect(new Set(mirror.requests.map(({ headers }) => headers.authorization))).to.deep.equal(
      new Set([undefined, basicHeader('mirror-user', 'mirror-password')]),
    );
    expect(stage.origin.requests).to.deep.equal([]);
  });

  it('[MR11] sends no login in clear to a mirror', async () => {
    await using stage = await setMirrorStage();
    const mirror = await stage.start(guarded(stage.serve, 'mirror-user', 'mirror-password'), {
      authorityHost: 'mirror.example',
    });
    await stage.mirrorsAre(mirror);
    const auths = { [mirror.authority]: basicEntry('mirror-user', 'mirror-password') };
    await stage.use(async (service) => service.resolve(stage.image), { auths, overrides: { lookup } });
    expect(mirror.requests.map(({ headers }) => headers.authorization)).to.deep.equal([undefined]);
  });

  it('[MR6] takes the certificates beside a hosts.toml that cannot be used', async () => {
    await using stage = await setMirrorStage();
    await stage.write('hosts.toml', 'secret-looking = = 1');
    await stage.write('ca.crt', stage.authority.certificatePem);
    await stage.use(
      async (service) => {
        expect((await service.resolve(stage.image)).connection).to.equal('mounted-ca');
        expect(logged(service, 'hosts.toml cannot be used')).to.have.lengthOf(1);
        expect(service.logLines.join('')).not.to.include('secret-looking');
      },
      { flags: ['--enable-private-registries-tls=false'], overrides: { systemRoots: () => [] } },
    );
  });

  it('reads the folder as Docker lays it out: ca.crt, client.cert and client.key', async () => {
    await using stage = await setMirrorStage();
    const ca = await createAuthority({ name: 'Docker CA' });
    const client = await ca.issue({ commonName: 'node', client: true });
    const tls = {
      ...(await ca.issue({ ipAddresses: ['127.0.0.1'] })),
      options: { ca: ca.certificatePem, requestCert: true, rejectUnauthorized: true },
    };
    const registry = await stage.start(stage.serve, { tls });
    const folder = registry.authority;
    await stage.write('ca.crt', ca.certificatePem, folder);
    await stage.write('client.cert', client.certificatePem, folder);
    await stage.write('client.key', client.keyPem, folder);
    await stage.use(
      async (service) => {
        expect((await service.resolve(`${registry.authority}/team/fn:v1`)).connection).to.equal('mounted-ca');
      },
      { flags: ['--enable-private-registries-tls=false'], overrides: { systemRoots: () => [] } },
    );
  });

  for (const { title, folders, expected } of [
    { title: 'host_port_ before host:port', folders: ['127.0.0.1_PORT_', '127.0.0.1:PORT', '_default'], expected: 0 },
    { title: 'host:port before _default', folders: ['127.0.0.1:PORT', '_default'], expected: 0 },
    { title: '_default for every other registry', folders: ['registry.example', '_default'], expected: 1 },
  ]) {
    it(`[MR7] looks at ${title}`, async () => {
      await using stage = await setMirrorStage();
      const mirrors = await Promise.all(folders.map(async () => stage.start(stage.serve)));
      for (const [index, folder] of folders.entries())
        await stage.write(
          'hosts.toml',
          `[host."${mirrors[index]?.url ?? ''}"]\n`,
          folder.replace('PORT', String(stage.origin.port)),
        );
      await stage.use(async (service) => service.resolve(stage.image));
      expect(mirrors.map(({ requests }) => requests.length > 0)).to.deep.equal(
        folders.map((_, index) => index === expected),
      );
    });
  }

  it('reads the folder anew when it changes', async () => {
    await using stage = await setMirrorStage();
    const mirror = await stage.start(stage.serve);
    const clock = new ManualClock(Date.now());
    await stage.use(
      async (service) => {
        await service.resolve(stage.image);
        expect(mirror.requests).to.deep.equal([]);
        await stage.mirrorsAre(mirror);
        await service.resolve(stage.image, { refresh: true });
        expect(mirror.requests).to.deep.equal([]);
        clock.advance(1001);
        await service.resolve(stage.image, { refresh: true });
        expect(mirror.requests).to.have.lengthOf(1);
      },
      { overrides: { clock } },
    );
  });

  it('leaves out a mirror whose certificate files cannot be used, and asks the registry without them', async () => {
    await using stage = await setMirrorStage();
    const mirror = await stage.start(stage.serve);
    await stage.write('broken.pem', 'no certificate');
    await stage.write('hosts.toml', `ca = "absent.pem"\n[host."${mirror.url}"]\nca = "broken.pem"\n`);
    await stage.use(async (service) => {
      await service.resolve(stage.image);
      expect(logged(service, 'configuration of the node cannot be used')).to.have.lengthOf(2);
    });
    expect(mirror.requests).to.deep.equal([]);
  });

  it('asks the registry itself where there is no folder, and says so', async () => {
    await using stage = await setMirrorStage();
    await stage.use(
      async (service) => {
        await service.resolve(stage.image);
        expect(logged(service, 'no folder with the registry configuration')).to.have.lengthOf(1);
      },
      { flags: [`--registry-hosts-dir=${join('/nowhere', 'certs.d')}`] },
    );
  });
});
