import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { startServer } from '../../support/http-server.ts';
import { mountSecret } from '../../support/mounted-secret.ts';
import { startService } from '../../support/service.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { failureOfCall, useService } from '../protocol/use-service.ts';
import { MovableClock } from './movable-clock.ts';
import { imageAt, setStage } from './stage.ts';
import type { Stage } from './stage.ts';
import { reasonAt, stepsOf } from './steps.ts';
import { startTwoFacedServer } from './two-faced-server.ts';

const minuteMs = 60_000;
const again = { refresh: true };

describe('what the trust chain remembers, through the service', () => {
  let stage: Stage;

  before(async () => {
    stage = await setStage();
  });

  it('[TC12] does not go back to plaintext with a host that it knew by verified TLS, unless it is listed', async () => {
    const { serve, tls, authority } = stage;
    const { port, ...first } = await startServer(serve, { tls });
    const image = imageAt(first);
    for (const isListed of [false, true]) {
      const flags = isListed ? [`--insecure-registries=${first.authority}`] : [];
      const secure = isListed ? await startServer(serve, { tls, port }) : first;
      await useService({ caPem: authority.certificatePem, flags }, async (service) => {
        expect((await service.resolve(image)).connection).to.equal('mounted-ca');
        await secure.stop();
        const plain = await startServer(serve, { port });
        try {
          if (isListed) {
            expect((await service.resolve(image, again)).connection).to.equal('plaintext');
            return;
          }
          const failure = await failureOfCall(service.resolve(image, again));
          expect(failure.reason).to.equal('PLAINTEXT_REFUSED');
          expect(reasonAt(failure, 'plaintext')).to.contain('verified TLS before');
          expect(failure.hint).to.contain('--insecure-registries');
          expect(plain.requests).to.deep.equal([]);
        } finally {
          await plain.stop();
        }
      });
    }
  });

  it('[TC17] does not start with a CA file that is no CA file, and keeps the last good one when it breaks later', async () => {
    const { serve, tls, authority } = stage;
    const secret = await mountSecret({ 'ca.crt': 'not a certificate' });
    const flags = ['--enable-private-registries-tls', `--tls-secret-path=${secret.path}`];
    const server = await startServer(serve, { tls });
    const clock = new MovableClock();
    try {
      const refused = await startService({ flags }).then(
        () => 'started',
        (error: unknown) => error,
      );
      expect(refused).to.include({ name: 'RunnerError', code: 'CFG_CA' });
      await secret.swap({ 'ca.crt': authority.certificatePem });
      const service = await startService({ flags, overrides: { clock, systemRoots: () => [] } });
      try {
        await secret.swap({ 'ca.crt': '-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n' });
        clock.advance(2000);
        const answer = await service.resolve(imageAt(server));
        expect(answer.connection).to.equal('mounted-ca');
        expect(service.logLines.join('\n')).to.contain('PEM block 1');
        expect(await service.metrics()).to.match(
          /mounted_file_reloads_total\{[^}]*file="ca"[^}]*outcome="failed"[^}]*\} 1/,
        );
      } finally {
        await service.stop();
      }
    } finally {
      await server.stop();
      await secret.remove();
    }
  });

  it('a changed CA counts from the next request on, without a restart', async () => {
    const { serve, tls, authority, stranger } = stage;
    const secret = await mountSecret({ 'ca.crt': stranger.certificatePem });
    const server = await startServer(serve, { tls });
    const clock = new MovableClock();
    const service = await startService({
      flags: ['--enable-private-registries-tls', `--tls-secret-path=${secret.path}`],
      overrides: { clock, systemRoots: () => [] },
    });
    const image = imageAt(server);
    try {
      expect((await failureOfCall(service.resolve(image))).reason).to.equal('TLS_UNTRUSTED');
      await secret.swap({ 'ca.crt': authority.certificatePem });
      clock.advance(2 * minuteMs);
      expect((await service.resolve(image)).connection).to.equal('mounted-ca');
      await secret.swap({ 'ca.crt': stranger.certificatePem });
      clock.advance(2000);
      expect((await failureOfCall(service.resolve(image, again))).reason).to.equal('TLS_UNTRUSTED');
    } finally {
      await service.stop();
      await server.stop();
      await secret.remove();
    }
  });

  it('a changed CA is tried first again where another step is remembered', async () => {
    const { serve, tls, authority, stranger } = stage;
    const secret = await mountSecret({ 'ca.crt': stranger.certificatePem });
    const server = await startServer(serve, { tls });
    const clock = new MovableClock();
    const service = await startService({
      flags: ['--enable-private-registries-tls', `--tls-secret-path=${secret.path}`],
      overrides: { clock, systemRoots: () => [authority.certificatePem] },
    });
    try {
      expect((await service.resolve(imageAt(server))).connection).to.equal('system-ca');
      await secret.swap({ 'ca.crt': authority.certificatePem });
      clock.advance(2000);
      expect(stepsOf(await service.resolve(imageAt(server), again))).to.deep.equal(['mounted-ca ok']);
    } finally {
      await service.stop();
      await server.stop();
      await secret.remove();
    }
  });

  it('[TC18] [NT18] counts SSL_CERT_FILE, SSL_CERT_DIR and NODE_EXTRA_CA_CERTS among the system authorities', async () => {
    const { serve, tls, authority, stranger } = stage;
    const folder = await tempFolder('roots');
    const file = join(folder.path, 'roots.pem');
    await writeFile(file, `broken\n${stranger.certificatePem}\n${authority.certificatePem}`);
    const server = await startServer(serve, { tls });
    try {
      for (const environment of [
        { SSL_CERT_FILE: file },
        { SSL_CERT_DIR: `/nowhere:${folder.path}` },
        { NODE_EXTRA_CA_CERTS: file },
      ]) {
        await useService({ overrides: { environment } }, async (service) => {
          const answer = await service.resolve(imageAt(server));
          expect(answer.connection).to.equal('system-ca');
          expect(service.logLines.join('\n')).to.match(/"bundled":\d{2,}.*"named":2/);
        });
      }
      await useService({}, async (service) => {
        expect((await failureOfCall(service.resolve(imageAt(server)))).reason).to.equal('TLS_UNTRUSTED');
      });
    } finally {
      await server.stop();
      await folder.remove();
    }
  });

  it('[TC19] begins with the step that worked, for ten minutes', async () => {
    const { serve, tls, authority, stranger } = stage;
    const server = await startServer(serve, { tls });
    const clock = new MovableClock();
    const overrides = { clock, systemRoots: (): readonly string[] => [authority.certificatePem] };
    try {
      await useService({ caPem: stranger.certificatePem, overrides }, async (service) => {
        const image = imageAt(server);
        expect(stepsOf(await service.resolve(image))).to.deep.equal(['mounted-ca failed', 'system-ca ok']);
        clock.advance(9 * minuteMs);
        expect(stepsOf(await service.resolve(image, again))).to.deep.equal(['system-ca ok']);
        clock.advance(2 * minuteMs);
        expect(stepsOf(await service.resolve(image, again))).to.deep.equal(['mounted-ca failed', 'system-ca ok']);
      });
    } finally {
      await server.stop();
    }
  });

  it('[TC19] forgets the step at once when the certificate changes for a bad one', async () => {
    const { serve, tls, authority, stranger } = stage;
    const first = await startServer(serve, { tls });
    await useService({ caPem: authority.certificatePem, overrides: { systemRoots: () => [] } }, async (service) => {
      const image = imageAt(first);
      await service.resolve(image);
      await first.stop();
      const bad = await stranger.issue({ ipAddresses: ['127.0.0.1'] });
      const second = await startServer(serve, { port: first.port, tls: bad });
      const failure = await failureOfCall(service.resolve(image, again));
      await second.stop();
      expect(failure.reason).to.equal('TLS_UNTRUSTED');
      expect(stepsOf(failure)).to.deep.equal(['mounted-ca failed', 'system-ca failed', 'plaintext skipped']);
    });
  });

  it('[TC19] remembers plaintext for less long, so that a server which is given TLS is noticed', async () => {
    const { serve, tls, authority } = stage;
    const server = await startTwoFacedServer(tls, serve, serve);
    server.speakTls(false);
    const clock = new MovableClock();
    try {
      await useService({ caPem: authority.certificatePem, overrides: { clock } }, async (service) => {
        const image = imageAt(server);
        expect((await service.resolve(image)).connection).to.equal('plaintext');
        server.speakTls(true);
        expect((await service.resolve(image, again)).connection).to.equal('plaintext');
        clock.advance(2 * minuteMs);
        expect((await service.resolve(image, again)).connection).to.equal('mounted-ca');
      });
    } finally {
      await server.stop();
    }
  });
});
