import { expect } from 'chai';

import { createAuthority } from '../../examples/registry/certificates.ts';
import { buildImage } from '../../examples/registry/image.ts';
import type { Blob } from '../../examples/registry/image.ts';
import { startBlackHole } from '../support/black-hole.ts';
import { freePort } from '../support/free-port.ts';
import { startServer } from '../support/http-server.ts';
import { requires } from '../support/requires.ts';
import { startTcpServer } from '../support/tcp-server.ts';
import type { TestService } from '../support/service.ts';
import { MirrorStage } from './mirror-stage.ts';
import type { Mirror } from './mirror-stage.ts';

const list = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n';
/** What a mirror may cost at most. */
const withinMs = 2000;

interface Broken {
  readonly what: string;
  /** Starts it; gives its URL. */
  readonly start: (stack: AsyncDisposableStack) => Promise<string>;
  /** In the attempts. */
  readonly reason: RegExp;
}

const broken: readonly Broken[] = [
  { what: 'is down', start: async () => `https://127.0.0.1:${String(await freePort())}`, reason: /connection refused/ },
  {
    what: 'is behind a firewall that drops packets',
    start: async (stack) => {
      const hole = await startBlackHole();
      stack.defer(async () => hole.stop());
      return `https://${hole.authority}`;
    },
    reason: /no answer in time|another host/,
  },
  {
    what: 'takes connections and says nothing',
    start: async (stack) => {
      const server = await startTcpServer(() => undefined);
      stack.defer(async () => server.stop());
      return `https://${server.authority}`;
    },
    reason: /no answer in time|another host/,
  },
  {
    what: 'takes requests and says nothing',
    start: async (stack) => {
      const server = await startServer(() => undefined);
      stack.defer(async () => server.stop());
      return server.url;
    },
    reason: /no answer in time|another host/,
  },
  {
    what: 'trickles its answers',
    start: async (stack) => {
      const server = await startServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' });
        const timer = setInterval(() => response.write(' '), 20);
        response.once('close', () => {
          clearInterval(timer);
        });
      });
      stack.defer(async () => server.stop());
      return server.url;
    },
    reason: /no answer in time|another host/,
  },
];

describe('mirrors of a docker-registry, in the configuration of the node’s containerd', function () {
  requires('docker-registry', 'htpasswd', 'skopeo', 'user-namespaces');
  this.timeout(60_000);
  let stage: MirrorStage;
  /** A cold evaluation without any mirror. */
  let plainMs = 0;

  before(async () => {
    stage = await MirrorStage.create();
    plainMs = await stage.use('', async (service) => evaluatedMs(service));
  });

  after(async () => stage[Symbol.asyncDispose]());

  async function evaluatedMs(service: TestService): Promise<number> {
    const startedMs = performance.now();
    const { exitCode } = await service.evaluate(stage.name, list);
    expect(exitCode).to.equal(0);
    return performance.now() - startedMs;
  }

  for (const { what, start, reason } of broken) {
    it(`serves by the registry within 2 s, and evaluates, where one ${what}`, async () => {
      await using stack = new AsyncDisposableStack();
      const url = await start(stack);
      const hostsToml = `[host."${url}"]\n`;
      await stage.use(hostsToml, async (service) => {
        const startedMs = performance.now();
        const resolved = await service.resolve(stage.name);
        expect(performance.now() - startedMs).to.be.below(withinMs);
        expect(resolved.digest).to.equal(stage.image.manifest.digest);
        expect(resolved.credential).to.equal(stage.origin.authority);
        const told = resolved.attempts.filter(({ address, outcome }) => url.endsWith(address) && outcome === 'failed');
        expect(told.map((attempt) => attempt.reason).join('; ')).to.match(reason);
      });
      await stage.use(hostsToml, async (service) => {
        expect((await evaluatedMs(service)) - plainMs).to.be.below(withinMs);
      });
    });
  }

  const lies: readonly { readonly about: string; readonly blob: () => Blob; readonly bytes: (blob: Blob) => Buffer }[] =
    [
      {
        about: 'the manifest',
        blob: () => stage.image.manifest,
        // Another valid manifest.
        bytes: ({ bytes }) => Buffer.from(Buffer.from(bytes).toString().replace('{', '{ ')),
      },
      {
        about: 'the config',
        blob: () =>
          blobOf((digest) => Buffer.from(stage.image.manifest.bytes).includes(`"digest":"${digest}","size"`), 0),
        bytes: ({ bytes }) => Buffer.alloc(bytes.length, ' '),
      },
      { about: 'a layer', blob: () => blobOf(() => true, 1), bytes: ({ bytes }) => Buffer.alloc(bytes.length, 'x') },
    ];

  function blobOf(fits: (digest: string) => boolean, index: number): Blob {
    const bySize = stage.image.blobs
      .filter(({ digest }) => fits(digest))
      .toSorted((a, b) => a.bytes.length - b.bytes.length);
    const blob = index === 0 ? bySize[0] : bySize.at(-1);
    if (blob === undefined) throw new Error('the image has no such blob');
    return blob;
  }

  for (const { about, blob, bytes } of lies) {
    it(`serves by the registry within 2 s, and reports the lie by its digest, where one has other bytes for ${about}`, async () => {
      const mirror = await stage.mirror();
      await mirror.replace(blob(), bytes(blob()));
      await stage.use(hostsOf(mirror), async (service) => {
        expect((await evaluatedMs(service)) - plainMs).to.be.below(withinMs);
        const told = service.logLines.filter((line) => line.includes('mirror sent something else than what was asked'));
        expect(told.length).to.be.above(0);
        expect(told[0]).to.include(blob().digest).and.include(mirror.registry.authority);
        expect(await service.metrics()).to.match(/mirror_fallbacks_total\{reason="MAN_(DIGEST|SIZE)"\} [1-9]/);
      });
      if (about === 'a layer') return;
      await stage.use(hostsOf(mirror), async (service) => {
        const { attempts } = await service.resolve(stage.name);
        const reasons = attempts
          .filter(({ address }) => address === mirror.registry.authority)
          .map(({ reason }) => reason);
        expect(reasons.join('; ')).to.include(blob().digest);
      });
    });
  }

  it('believes one that may resolve tags, though its tag is an older one, as containerd does', async () => {
    const older = await buildImage({ entrypoint: ['/older'] });
    const mirror = await stage.mirror({ image: older });
    await stage.use(hostsOf(mirror), async (service) => {
      expect((await service.resolve(stage.name)).digest).to.equal(older.manifest.digest);
    });
    await stage.use(hostsOf(mirror, 'capabilities = ["pull"]'), async (service) => {
      const resolved = await service.resolve(stage.name);
      expect(resolved.digest).to.equal(stage.image.manifest.digest);
      await evaluatedMs(service);
    });
  });

  it('gives the origin’s login to none, though one asks for a login that is the same', async () => {
    const mirror = await stage.jealousMirror();
    await stage.use(hostsOf(mirror), async (service) => {
      await evaluatedMs(service);
    });
    const asked = (await mirror.registry.accessLog()).filter(({ userAgent }) => userAgent.includes('function-runner'));
    expect(asked.length).to.be.above(0);
    expect(new Set(asked.map(({ status }) => status))).to.deep.equal(new Set([401]));
  });

  it('shows one its own client certificate under its own CA, and the registry is not asked', async () => {
    const ca = await createAuthority({ name: 'Mirror CA' });
    const node = await ca.issue({ commonName: 'node', client: true });
    const mirror = await stage.mirror({
      options: {
        tls: await ca.issue({ ipAddresses: ['127.0.0.1'] }),
        clients: { caPem: ca.certificatePem, own: node },
      },
      access: { caPem: ca.certificatePem, client: node },
    });
    const before = (await stage.origin.accessLog()).length;
    const settings = 'ca = "mirror.crt"\nclient = [["node.crt", "node.key"]]';
    const files = { 'mirror.crt': ca.certificatePem, 'node.crt': node.certificatePem, 'node.key': node.keyPem };
    await stage.use(hostsOf(mirror, settings), async (service) => evaluatedMs(service), files);
    expect(await stage.origin.accessLog()).to.have.lengthOf(before);
  });

  it('asks the server that the file names in place of the registry, and takes its certificate unseen where told to', async () => {
    const stranger = await createAuthority({ name: 'Somebody else' });
    const mirror = await stage.mirror({
      options: { tls: await stranger.issue({ ipAddresses: ['127.0.0.1'] }) },
      access: { caPem: stranger.certificatePem },
    });
    const before = (await stage.origin.accessLog()).length;
    const hostsToml = `server = "https://${mirror.registry.authority}"\nskip_verify = true\n`;
    await stage.use(hostsToml, async (service) => {
      await evaluatedMs(service);
      expect((await service.resolve(stage.name)).digest).to.equal(stage.image.manifest.digest);
    });
    expect(await stage.origin.accessLog()).to.have.lengthOf(before);
  });
});

function hostsOf({ registry }: Mirror, settings = ''): string {
  return `[host."https://${registry.authority}"]\n${settings}\n`;
}
