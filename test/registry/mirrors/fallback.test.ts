import type { ServerResponse } from 'node:http';

import { expect } from 'chai';

import { digestOf } from '../../../src/image/digest.ts';
import { freePort } from '../../support/free-port.ts';
import type { Handler } from '../../support/http-server.ts';
import { startTcpServer } from '../../support/tcp-server.ts';
import { createAuthority } from '../../../examples/registry/certificates.ts';
import { logged, setMirrorStage, targetsOf } from './mirror-stage.ts';
import type { MirrorStage } from './mirror-stage.ts';

interface Fault {
  readonly title: string;
  readonly answer: (stage: MirrorStage) => Handler;
  /** In the attempts. */
  readonly reason: RegExp;
  readonly label: string;
}

const never: Handler = () => undefined;

function json(status: number, code: string): Handler {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errors: [{ code }] }));
  };
}

function bytes(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' }).end(body);
}

const faults: readonly Fault[] = [
  {
    title: 'has not got the image',
    answer: () => json(404, 'MANIFEST_UNKNOWN'),
    reason: /v1 does not exist/,
    label: 'MAN_NOT_FOUND',
  },
  {
    title: 'has trouble',
    answer: () => json(503, 'UNAVAILABLE'),
    reason: /has trouble/,
    label: 'REGISTRY_UNAVAILABLE',
  },
  {
    title: 'wants a login',
    answer: () => json(401, 'UNAUTHORIZED'),
    reason: /says how to log in|wants a login/,
    label: 'AUTH_DENIED',
  },
  { title: 'forbids it', answer: () => json(403, 'DENIED'), reason: /does not allow pulling/, label: 'AUTH_FORBIDDEN' },
  {
    title: 'is no registry',
    answer: () => (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    },
    reason: /web page/,
    label: 'NOT_A_REGISTRY',
  },
  {
    title: 'sends something that is no manifest',
    answer: () => (_request, response) => {
      bytes(response, '{}');
    },
    reason: /manifest/,
    label: 'MAN_TYPE',
  },
  { title: 'never answers', answer: () => never, reason: /no answer|another host/, label: 'slow' },
  {
    title: 'begins an answer and stops',
    answer: () => (_request, response) => {
      response.writeHead(200, { 'content-length': '500' });
      response.write('{');
    },
    reason: /no answer|another host/,
    label: 'slow',
  },
];

describe('a mirror of the node’s configuration, through the service', function () {
  this.timeout(20_000);

  it('[MR11] [MR1] serves instead of the registry', async () => {
    await using stage = await setMirrorStage();
    const mirror = await stage.start(stage.serve);
    await stage.mirrorsAre(mirror);
    await stage.use(async (service) => {
      const resolved = await service.resolve(stage.image);
      expect(resolved.digest).to.equal(stage.content.manifest.digest);
      expect(resolved.attempts.map(({ address, outcome }) => `${address} ${outcome}`)).to.deep.equal([
        `${mirror.authority} ok`,
      ]);
      expect(resolved.credential).to.equal('anonymous');
    });
    expect(stage.origin.requests).to.deep.equal([]);
    expect(mirror.requests.length).to.equal(2);
  });

  it('[MR11] [MR1] comes in the order of the file', async () => {
    await using stage = await setMirrorStage();
    const first = await stage.start(json(404, 'MANIFEST_UNKNOWN'));
    const second = await stage.start(stage.serve);
    const third = await stage.start(stage.serve);
    await stage.mirrorsAre(first, second, third);
    await stage.use(async (service) => service.resolve(stage.pinned));
    expect([first, second, third].map(({ requests }) => requests.length)).to.deep.equal([2, 2, 0]);
  });

  for (const { title, answer, reason, label } of faults) {
    it(`[MR11] that ${title} costs at most 2 s, and the registry serves`, async () => {
      await using stage = await setMirrorStage();
      const mirror = await stage.start(answer(stage));
      await stage.mirrorsAre(mirror);
      await stage.use(async (service) => {
        const startedMs = performance.now();
        const resolved = await service.resolve(stage.image);
        expect(performance.now() - startedMs).to.be.below(2000);
        expect(resolved.digest).to.equal(stage.content.manifest.digest);
        expect(resolved.credential).to.equal(stage.origin.authority);
        const failed = resolved.attempts.filter(
          ({ address, outcome }) => address === mirror.authority && outcome === 'failed',
        );
        expect(failed.map((attempt) => attempt.reason).join('; ')).to.match(reason);
        expect(await service.metrics()).to.match(new RegExp(`mirror_fallbacks_total\\{reason="${label}"\\} [1-9]`));
      });
    });
  }

  for (const url of [
    'http://169.254.169.254',
    'https://169.254.169.254/v2',
    'http://[::ffff:a9fe:a9fe]',
    'http://2852039166',
  ]) {
    it(`[MR11] that is a cloud's metadata service is not asked: ${url}`, async () => {
      await using stage = await setMirrorStage();
      await stage.write('hosts.toml', `[host."${url}"]\n`);
      await stage.use(async (service) => {
        const resolved = await service.resolve(stage.image);
        expect(resolved.digest).to.equal(stage.content.manifest.digest);
        expect(resolved.attempts.map(({ reason }) => reason).join('; ')).to.match(/metadata service/);
      });
    });
  }

  it('[MR11] [MR8] that is down costs nothing, and is left alone for a while', async () => {
    await using stage = await setMirrorStage();
    const port = await freePort();
    await stage.write('hosts.toml', `[host."https://127.0.0.1:${String(port)}"]\n`);
    await stage.use(async (service) => {
      const resolved = await service.resolve(stage.image);
      expect(resolved.attempts.map(({ address, outcome }) => `${address} ${outcome}`)).to.deep.equal([
        `127.0.0.1:${String(port)} failed`,
        `${stage.origin.authority} ok`,
      ]);
    });
  });

  it('[MR11] that is slow is not waited for again', async () => {
    await using stage = await setMirrorStage();
    await stage.mirrorsAre(await stage.start(never));
    await stage.use(async (service) => {
      await service.resolve(stage.image);
      const startedMs = performance.now();
      await service.resolve(stage.image, { refresh: true });
      expect(performance.now() - startedMs).to.be.below(1000);
    });
  });

  it('[MR11] that takes its time still serves where the registry cannot be reached', async () => {
    await using stage = await setMirrorStage();
    const silent = await startTcpServer(() => undefined);
    await using stack = new AsyncDisposableStack();
    stack.defer(async () => silent.stop());
    const mirror = await stage.start(async (request, response) => {
      await new Promise((resolve) => setTimeout(resolve, 1700));
      await stage.serve(request, response);
    });
    const folder = `127.0.0.1_${String(silent.port)}_`;
    await stage.write('hosts.toml', `[host."${mirror.url}"]\n`, folder);
    await stage.use(async (service) => {
      const resolved = await service.resolve(`127.0.0.1:${String(silent.port)}/team/fn:v1`);
      expect(resolved.digest).to.equal(stage.content.manifest.digest);
    });
  });

  it('[MR11] [MR8] with a certificate of somebody else is passed over', async () => {
    await using stage = await setMirrorStage();
    const stranger = await createAuthority({ name: 'Somebody else' });
    const mirror = await stage.start(stage.serve, { tls: await stranger.issue({ ipAddresses: ['127.0.0.1'] }) });
    await stage.mirrorsAre(mirror);
    await stage.use(async (service) => {
      const resolved = await service.resolve(stage.image);
      expect(resolved.credential).to.equal(stage.origin.authority);
    });
    expect(mirror.requests).to.deep.equal([]);
  });

  it('[MR11] that lies about a manifest is reported by its digest', async () => {
    await using stage = await setMirrorStage();
    const lie = stage.content.manifest.bytes.toString().replace('sha256:', 'sha256: ');
    const mirror = await stage.start((_request, response) => {
      bytes(response, lie);
    });
    await stage.mirrorsAre(mirror);
    await stage.use(async (service) => {
      const resolved = await service.resolve(stage.pinned);
      expect(resolved.digest).to.equal(stage.content.manifest.digest);
      const told = `what the registry sent for ${stage.content.manifest.digest} hashes to ${digestOf(Buffer.from(lie)).text}`;
      expect(resolved.attempts.map(({ reason }) => reason)).to.include(told);
      const [line] = logged(service, 'mirror sent something else');
      expect(line).to.include({ level: 'warn', mirror: mirror.authority, code: 'MAN_DIGEST', reason: told });
      expect(await service.metrics()).to.include('mirror_fallbacks_total{reason="MAN_DIGEST"} 1');
    });
  });

  it('[MR11] that lies about a config is reported by its digest', async () => {
    await using stage = await setMirrorStage();
    const mirror = await stage.start((request, response) => {
      if (!request.target.includes('/blobs/')) return stage.serve(request, response);
      response.end(Buffer.alloc(stage.content.config.bytes.length, ' '));
    });
    await stage.mirrorsAre(mirror);
    await stage.use(async (service) => {
      const resolved = await service.resolve(stage.image);
      expect(resolved.entrypoint).to.deep.equal(['/bin/fn']);
      expect(resolved.attempts.map(({ reason }) => reason).join()).to.include(
        `sent for ${stage.content.config.digest} hashes to`,
      );
    });
    expect(targetsOf(stage.origin).filter((target) => target.includes(stage.content.config.digest))).to.have.lengthOf(
      2,
    );
  });

  it('says what the registry said when nobody has the image', async () => {
    await using stage = await setMirrorStage();
    await stage.mirrorsAre(await stage.start(json(404, 'MANIFEST_UNKNOWN')));
    await stage.use(async (service) => {
      const failure = await service.resolve(`${stage.origin.authority}/team/no:v1`).catch((error: unknown) => error);
      expect(failure).to.include({ status: 'NOT_FOUND', reason: 'MAN_NOT_FOUND' });
    });
  });
});
