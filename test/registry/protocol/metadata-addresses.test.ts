import { mkdir, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';

import { expect } from 'chai';

import { createAuthority } from '../../../examples/registry/certificates.ts';
import { startServer } from '../../support/http-server.ts';
import type { TestServer } from '../../support/http-server.ts';
import type { TestService } from '../../support/service.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import type { TempFolder } from '../../support/temp-folder.ts';
import { startConnectProxy } from '../transport/connect-proxy.ts';
import { imageContent, sendContent } from './image-content.ts';
import type { ImageContent } from './image-content.ts';
import { sendUnauthorized } from './scripted-registry.ts';
import { failureOfCall, useService } from './use-service.ts';
import { VirtualNetwork } from './virtual-network.ts';

/** One or two of each network, first and last, and what carries them in an IPv6 address. */
const refused = [
  '169.254.169.254',
  '169.254.0.0',
  '169.254.255.255',
  '169.254.170.2',
  '169.254.7.7',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fe80::1',
  'febf:ffff::1',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd00:ec2:ffff::1',
  '::ffff:a9fe:a9fe',
  '::ffff:a9fe:707',
  '::ffff:6464:64c8',
  '::ffff:a83f:8110',
  '::ffff:c000:c0',
  '::ffff:0:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '64:ff9b:1::a9fe:a9fe',
  '64:ff9b::6464:64c8',
  '2002:a9fe:a9fe::1',
];

const registryAddress = '203.0.113.7';

describe('what clouds tell machines about themselves', function () {
  this.timeout(30_000);
  let caPem: string;
  let content: ImageContent;
  let registry: TestServer;
  let certs: TempFolder;
  /** `host[:port]` that the registry names as realm or redirect target. */
  let elsewhere: string;

  before(async () => {
    content = await imageContent();
    const authority = await createAuthority();
    caPem = authority.certificatePem;
    const names = { dnsNames: ['registry.example', 'mirrored.example'], ipAddresses: [registryAddress] };
    registry = await startServer(
      (request, response) => {
        if (request.target.includes('/guarded/'))
          sendUnauthorized(response, `Bearer realm="https://${elsewhere}/token",service="reg"`);
        else if (request.target.includes('/moved/'))
          response.writeHead(307, { location: `https://${elsewhere}${request.target}` }).end();
        else sendContent(content, { ...request, target: request.target.replace(/\?.*$/, '') }, response);
      },
      { tls: await authority.issue(names) },
    );
    certs = await tempFolder('certs.d');
  });

  after(async () => {
    await registry.stop();
    await certs.remove();
  });

  /** All that an operator can open is open. */
  function networkOf(address: string): VirtualNetwork {
    return new VirtualNetwork()
      .name('registry.example', registryAddress)
      .name('mirrored.example', registryAddress)
      .name('inside.example', address)
      .name('both.example', registryAddress, address)
      .serve(registryAddress, 443, registry);
  }

  async function use<T>(
    network: VirtualNetwork,
    work: (service: TestService) => Promise<T>,
    environment: NodeJS.ProcessEnv = {},
  ): Promise<T> {
    const flags = [
      '--insecure-registries=0.0.0.0/0,::/0,inside.example,*.example,169.254.169.254',
      '--plaintext-fallback=always',
      `--registry-hosts-dir=${certs.path}`,
    ];
    return useService({ caPem, flags, overrides: { ...network.overrides, environment } }, work);
  }

  const reasons = ['ADDRESS_REFUSED', 'AUTH_REALM'];

  for (const address of refused) {
    const literal = isIP(address) === 6 ? `[${address}]` : address;
    it(`[7.2.1] is never dialled at ${address}: by image name, DNS, realm, redirect, mirror or proxy`, async () => {
      const network = networkOf(address);
      await writeHosts('mirrored.example', literal);
      await use(network, async (service) => {
        const images = [`${literal}/team/fn:v1`, `${literal}:5000/team/fn:v1`];
        for (const image of [
          ...images,
          'inside.example/team/fn:v1',
          'both.example/team/fn:v1',
          'inside.example:80/a/b',
        ])
          expect((await failureOfCall(service.resolve(image))).reason, image).to.equal('ADDRESS_REFUSED');
        for (const host of [literal, `${literal}:8443`, 'inside.example', 'both.example']) {
          elsewhere = host;
          for (const repository of ['guarded', 'moved']) {
            const image = `registry.example/${repository}/fn:${String(host.length)}`;
            expect((await failureOfCall(service.resolve(image))).reason, `${repository} ${host}`).to.be.oneOf(reasons);
          }
        }
        elsewhere = '';
        const resolved = await service.resolve('mirrored.example/team/fn:v1');
        expect(resolved.digest).to.equal(content.manifest.digest);
        expect(resolved.attempts.map(({ reason }) => reason).join('; ')).to.match(/metadata services/);
      });
      expect(new Set(network.dialled)).to.deep.equal(new Set([`${registryAddress} 443`]));
      await expectNoTunnel(literal);
    });
  }

  for (const name of [
    'metadata.google.internal',
    'METADATA.google.internal',
    'metadata.goog',
    'metadata.goog.',
    'metadata.goog..',
    '169.254.169.254..',
  ]) {
    it(`is not asked for by the name ${name}, though a proxy would look it up`, async () => {
      await expectNoTunnel(name);
    });
  }

  /** Through a proxy that could reach it: asked for as an image's host, and named by a registry behind the proxy. */
  async function expectNoTunnel(host: string): Promise<void> {
    const proxy = await startConnectProxy({ hosts: { 'registry.example:443': registry } });
    const url = `http://127.0.0.1:${String(proxy.port)}`;
    elsewhere = host;
    const images = [`${host}/team/fn:v1`, 'registry.example/guarded/fn:v1', 'registry.example/moved/fn:v1'];
    try {
      await use(
        new VirtualNetwork(),
        async (service) => {
          for (const image of images)
            expect((await failureOfCall(service.resolve(image))).reason, image).to.be.oneOf([...reasons, 'REF_FORMAT']);
        },
        { HTTPS_PROXY: url, HTTP_PROXY: url },
      );
      expect([...new Set(proxy.tunnels), ...proxy.forwarded]).to.deep.equal(['registry.example:443']);
    } finally {
      elsewhere = '';
      await proxy.stop();
    }
  }

  async function writeHosts(registryName: string, host: string): Promise<void> {
    await mkdir(join(certs.path, registryName), { recursive: true });
    const mirrors = ['https', 'http'].map((scheme) => `[host."${scheme}://${host}"]\nskip_verify = true\n`);
    const named = '[host."http://inside.example"]\n';
    await writeFile(join(certs.path, registryName, 'hosts.toml'), [...mirrors, named].join(''));
  }
});
