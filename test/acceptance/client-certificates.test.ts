import { mkdir, writeFile } from 'node:fs/promises';
import { expect } from 'chai';

import { createAuthority } from '../../examples/registry/certificates.ts';
import type { Authority, KeyPair } from '../../examples/registry/certificates.ts';
import { buildImage } from '../../examples/registry/image.ts';
import { failureOfCall } from '../registry/protocol/use-service.ts';
import { ManualClock } from '../resolver/manual-clock.ts';
import { startDockerRegistry } from '../support/docker-registry.ts';
import type { DockerRegistry } from '../support/docker-registry.ts';
import { writeImageFolder } from '../support/image-folder.ts';
import { mountSecret } from '../support/mounted-secret.ts';
import { requires } from '../support/requires.ts';
import { startService } from '../support/service.ts';
import type { TestService } from '../support/service.ts';
import { skopeoPush } from '../support/skopeo.ts';
import { tempFolder } from '../support/temp-folder.ts';

const dayMs = 86_400_000;
const flag = '--registry-client-certificate';

describe('--registry-client-certificate, against docker-registry that lets in only whom its CA signed', function () {
  requires('docker-registry', 'skopeo');
  this.timeout(30_000);
  let ca: Authority;
  let good: KeyPair;
  let registry: DockerRegistry;
  let image: string;

  before(async () => {
    ca = await createAuthority({ name: 'Company CA' });
    good = await ca.issue({ commonName: 'runner', client: true });
    const tls = await ca.issue({ ipAddresses: ['127.0.0.1'] });
    registry = await startDockerRegistry({ tls, clients: { caPem: ca.certificatePem, own: good } });
    const folder = await tempFolder('image');
    await writeImageFolder(folder.path, await buildImage({ entrypoint: ['/fn'] }));
    const access = { authority: registry.authority, caPem: ca.certificatePem, client: good };
    await skopeoPush(folder.path, 'team/fn:v1', access);
    await folder.remove();
    image = `${registry.authority}/team/fn:v1`;
  });

  after(async () => registry.stop());

  function secretOf(pair: Partial<KeyPair>): Readonly<Record<string, string>> {
    return {
      'ca.crt': ca.certificatePem,
      ...(pair.certificatePem === undefined ? {} : { 'tls.crt': pair.certificatePem }),
      ...(pair.keyPem === undefined ? {} : { 'tls.key': pair.keyPem }),
    };
  }

  async function use<T>(
    files: Readonly<Record<string, string>>,
    work: (service: TestService, secret: Awaited<ReturnType<typeof mountSecret>>, clock: ManualClock) => Promise<T>,
    flags: readonly string[] = [flag],
  ): Promise<T> {
    await using stack = new AsyncDisposableStack();
    const secret = await mountSecret(files);
    stack.defer(async () => secret.remove());
    const clock = new ManualClock(Date.now());
    const service = await startService({
      flags: [
        '--enable-private-registries-tls',
        `--tls-secret-path=${secret.path}`,
        '--image-platform=linux/amd64',
        ...flags,
      ],
      overrides: { clock, systemRoots: () => [] },
    });
    stack.defer(async () => service.stop());
    return await work(service, secret, clock);
  }

  it('shows tls.crt with tls.key, and gets the image', async () => {
    const resolved = await use(secretOf(good), async (service) => service.resolve(image));
    expect(resolved.connection).to.equal('mounted-ca');
    const log = await registry.accessLog();
    expect(log.some(({ path, status }) => path === '/v2/team/fn/manifests/v1' && status === 200)).to.equal(true);
  });

  it('says that the registry asked for one where it is not set', async () => {
    const failure = await use(secretOf(good), async (service) => failureOfCall(service.resolve(image)), []);
    expect([failure.status, failure.reason]).to.deep.equal(['FAILED_PRECONDITION', 'TLS_PROTOCOL']);
    expect(failure.message).to.include(`${registry.authority} asked for a client certificate, and none was shown`);
    expect(failure.hint).to.include(flag).and.include('tls.crt and tls.key beside ca.crt');
  });

  it('says whose certificate a registry does not accept', async () => {
    const stranger = await createAuthority({ name: 'Somebody else' });
    const pair = await stranger.issue({ commonName: 'stranger', client: true });
    const failure = await use(secretOf(pair), async (service) => failureOfCall(service.resolve(image)));
    expect(failure.reason).to.equal('TLS_PROTOCOL');
    expect(failure.message).to.include('does not accept the client certificate CN=stranger');
  });

  it('says of one that has ended that it has, at the start and in the error', async () => {
    const ended = { notBefore: new Date(Date.now() - 9 * dayMs), notAfter: new Date(Date.now() - dayMs) };
    const pair = await ca.issue({ commonName: 'late', client: true, ...ended });
    await use(secretOf(pair), async (service) => {
      expect(service.logLines.join('\n')).to.include('client certificate for registries has ended');
      const failure = await failureOfCall(service.resolve(image));
      expect(failure.message).to.match(/does not accept the client certificate CN=late, which is valid until .* GMT/);
    });
  });

  const unusable: readonly {
    readonly what: string;
    readonly files: () => Promise<Partial<KeyPair>>;
    readonly says: RegExp;
  }[] = [
    {
      what: 'no tls.crt',
      files: async () => Promise.resolve({ keyPem: good.keyPem }),
      says: /tls\.crt does not exist/,
    },
    {
      what: 'no tls.key',
      files: async () => Promise.resolve({ certificatePem: good.certificatePem }),
      says: /tls\.key does not exist/,
    },
    {
      what: 'the key of another certificate',
      files: async () => ({ ...good, keyPem: (await ca.issue({ client: true })).keyPem }),
      says: /tls\.key is not the private key of the certificate in .*tls\.crt/,
    },
    {
      what: 'no certificate in tls.crt',
      files: async () => Promise.resolve({ ...good, certificatePem: 'nothing' }),
      says: /tls\.crt: it holds no PEM certificate/,
    },
  ];
  for (const { what, files, says } of unusable) {
    it(`does not start with ${what}, and names the file`, async () => {
      const error: unknown = await use(secretOf(await files()), async () => Promise.resolve('started')).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).to.be.an('error').with.property('message').that.matches(says);
      expect(error).to.have.nested.property('details.hint').that.is.a('string');
    });
  }

  it('takes a new pair without a restart, and keeps the last good one when a new one does not fit', async () => {
    const stranger = await createAuthority({ name: 'Somebody else' });
    const strange = await stranger.issue({ commonName: 'stranger', client: true });
    await use(secretOf(strange), async (service, secret, clock) => {
      expect((await failureOfCall(service.resolve(image))).message).to.include('CN=stranger');
      await secret.swap(secretOf(good));
      clock.advance(31_000);
      await service.resolve(image);
      await secret.swap(secretOf({ ...strange, keyPem: good.keyPem }));
      clock.advance(1001);
      await service.resolve(image, { refresh: true });
      await service.resolve(image, { refresh: true });
      const warned = service.logLines.filter((line) => line.includes('keeping the last good one'));
      expect(warned).to.have.lengthOf(1);
      expect(warned[0]).to.include('is not the private key');
      expect(await service.metrics())
        .to.include('mounted_file_reloads_total{file="client-certificate",outcome="ok"} 1')
        .and.include('mounted_file_reloads_total{file="client-certificate",outcome="failed"} 1');
    });
  });

  it('gives way to the certificate that the node has for that registry', async () => {
    const stranger = await createAuthority({ name: 'Somebody else' });
    const strange = await stranger.issue({ commonName: 'stranger', client: true });
    await using stack = new AsyncDisposableStack();
    const hosts = await mountSecret({});
    stack.defer(async () => hosts.remove());
    const folder = `${hosts.path}/${registry.authority}`;
    await mkdir(folder);
    await writeFile(`${folder}/client.cert`, good.certificatePem);
    await writeFile(`${folder}/client.key`, good.keyPem);
    const flags = [flag, `--registry-hosts-dir=${hosts.path}`];
    await use(secretOf(strange), async (service) => service.resolve(image), flags);
  });
});
