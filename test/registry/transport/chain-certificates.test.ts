import { expect } from 'chai';
import { failureOf, useService } from '../protocol/use-service.ts';
import type { ServiceSetup } from '../protocol/use-service.ts';
import { imageAt, noSystemRoots, setStage, withServer } from './stage.ts';
import type { Stage } from './stage.ts';
import { reasonAt, stepsOf } from './steps.ts';
import { createTwinRoots } from './twin-roots.ts';
import type { TwinRoots } from './twin-roots.ts';

const dayMs = 86_400_000;
const oldTls = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
const mutualTls = { maxVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: true } as const;

function systemRootsOf(...pems: readonly string[]): { readonly systemRoots: () => readonly string[] } {
  return { systemRoots: () => pems };
}

describe('the trust chain and certificates, through the service', () => {
  let stage: Stage;
  let twins: TwinRoots;

  before(async () => {
    stage = await setStage();
    twins = await createTwinRoots();
  });

  it('takes the mounted CA where that knows the certificate', async () => {
    const { serve, tls, authority } = stage;
    await withServer(serve, { tls }, async (server) => {
      await useService({ caPem: authority.certificatePem, overrides: noSystemRoots }, async (service) => {
        const answer = await service.resolve(imageAt(server));
        expect(answer.connection).to.equal('mounted-ca');
        expect(answer.attempts).to.deep.equal([
          { step: 'mounted-ca', address: server.authority, outcome: 'ok', reason: '' },
        ]);
      });
    });
  });

  it('[TC1] goes on to the system authorities when the mounted CA does not know the issuer', async () => {
    const { serve, strangersTls, authority, stranger } = stage;
    await withServer(serve, { tls: strangersTls }, async (server) => {
      const overrides = systemRootsOf(stranger.certificatePem);
      await useService({ caPem: authority.certificatePem, overrides }, async (service) => {
        const answer = await service.resolve(imageAt(server));
        expect(answer.connection).to.equal('system-ca');
        expect(stepsOf(answer)).to.deep.equal(['mounted-ca failed', 'system-ca ok']);
      });
    });
  });

  it('[TC2] gives an expired certificate a second look at the system authorities, and no third', async () => {
    const { serve, authority } = stage;
    const expired = await authority.issue({
      ipAddresses: ['127.0.0.1'],
      notBefore: new Date(Date.now() - 20 * dayMs),
      notAfter: new Date(Date.now() - 10 * dayMs),
    });
    await withServer(serve, { tls: expired }, async (server) => {
      const overrides = systemRootsOf(authority.certificatePem);
      const failure = await failureOf({ caPem: authority.certificatePem, overrides }, imageAt(server));
      expect(failure.reason).to.equal('TLS_UNTRUSTED');
      expect(stepsOf(failure)).to.deep.equal(['mounted-ca failed', 'system-ca failed', 'plaintext skipped']);
      expect(reasonAt(failure, 'system-ca')).to.contain('expired');
      expect(failure.hint, 'what helps against a date').to.include('Renew').and.not.include('Add the CA');
      expect(server.requests).to.deep.equal([]);
    });
  });

  it('[TC2] finds the newer twin of an expired mounted root among the system authorities', async () => {
    await withServer(stage.serve, { tls: twins.leaf }, async (server) => {
      await useService({ caPem: twins.expiredPem, overrides: systemRootsOf(twins.validPem) }, async (service) => {
        const answer = await service.resolve(imageAt(server));
        expect(stepsOf(answer)).to.deep.equal(['mounted-ca failed', 'system-ca ok']);
        expect(reasonAt(answer, 'mounted-ca')).to.contain('expired');
      });
    });
  });

  for (const step of ['mounted-ca', 'system-ca'] as const) {
    it(`[TC3] ends at ${step} when the certificate is for another name`, async () => {
      const { serve, authority } = stage;
      const tls = await authority.issue({ dnsNames: ['elsewhere.example'] });
      await withServer(serve, { tls, authorityHost: 'localhost' }, async (server) => {
        const setup: ServiceSetup = {
          ...(step === 'mounted-ca' ? { caPem: authority.certificatePem } : {}),
          overrides: systemRootsOf(authority.certificatePem),
        };
        const failure = await failureOf(setup, imageAt(server));
        expect(failure.reason).to.equal('TLS_NAME');
        expect(stepsOf(failure)).to.deep.equal(
          step === 'mounted-ca'
            ? ['mounted-ca failed', 'plaintext skipped']
            : ['mounted-ca skipped', 'system-ca failed', 'plaintext skipped'],
        );
        expect(reasonAt(failure, step)).to.contain('elsewhere.example');
      });
    });
  }

  it('[TC6] ends after both sets of authorities, and says what was tried and why plaintext was not', async () => {
    const { serve, strangersTls, authority } = stage;
    await withServer(serve, { tls: strangersTls }, async (server) => {
      const failure = await failureOf({ caPem: authority.certificatePem, overrides: noSystemRoots }, imageAt(server));
      expect([failure.status, failure.reason]).to.deep.equal(['FAILED_PRECONDITION', 'TLS_UNTRUSTED']);
      expect(stepsOf(failure)).to.deep.equal(['mounted-ca failed', 'system-ca failed', 'plaintext skipped']);
      expect(failure.attempts.every(({ address }) => address === server.authority)).to.equal(true);
      expect(reasonAt(failure, 'mounted-ca')).to.contain('unknown authority');
      expect(reasonAt(failure, 'plaintext')).to.contain('--plaintext-fallback=always');
      expect(failure.hint).to.contain('--tls-secret-path').and.to.contain('--insecure-registries');
      expect(server.requests).to.deep.equal([]);
    });
  });

  const wrongSettings = [
    { title: 'an old protocol version', options: oldTls },
    { title: 'a demand for a client certificate', options: mutualTls },
  ];
  for (const { title, options } of wrongSettings) {
    it(`[TC8] [TC21] ends upon ${title}`, async () => {
      const { serve, tls, authority } = stage;
      await withServer(serve, { tls: { ...tls, options } }, async (server) => {
        const overrides = systemRootsOf(authority.certificatePem);
        const failure = await failureOf({ caPem: authority.certificatePem, overrides }, imageAt(server));
        expect([failure.status, failure.reason]).to.deep.equal(['FAILED_PRECONDITION', 'TLS_PROTOCOL']);
        expect(stepsOf(failure)).to.deep.equal(['mounted-ca failed', 'plaintext skipped']);
        expect(reasonAt(failure, 'mounted-ca')).to.contain('alert');
        expect(reasonAt(failure, 'plaintext')).to.contain('not with us').and.to.not.contain('bad certificate');
        expect(failure.hint).to.contain('client certificate').and.to.contain('TLS 1.2');
      });
    });

    it(`[TC22] takes the other steps of a listed host in their order upon ${title}`, async () => {
      const { serve, tls, authority } = stage;
      await withServer(serve, { tls: { ...tls, options } }, async (server) => {
        const flags = ['--insecure-registries=127.0.0.1', '--plaintext-fallback=never'];
        const setup = { caPem: authority.certificatePem, overrides: noSystemRoots, flags };
        const failure = await failureOf(setup, imageAt(server));
        expect(failure.reason).to.equal('TLS_PROTOCOL');
        expect(stepsOf(failure)).to.deep.equal(['mounted-ca failed', 'insecure-tls failed', 'plaintext failed']);
      });
    });
  }

  it('[TC16] begins with the system authorities where no CA is mounted', async () => {
    const { serve, tls, authority } = stage;
    await withServer(serve, { tls }, async (server) => {
      await useService({ overrides: systemRootsOf(authority.certificatePem) }, async (service) => {
        const answer = await service.resolve(imageAt(server));
        expect(stepsOf(answer)).to.deep.equal(['mounted-ca skipped', 'system-ca ok']);
        expect(reasonAt(answer, 'mounted-ca')).to.contain('--tls-secret-path');
      });
    });
  });

  it('[TC21] [NT8] refuses a certificate without SAN, though its common name fits', async () => {
    const { serve, authority } = stage;
    const tls = await authority.issue({ commonName: 'localhost' });
    await withServer(serve, { tls, authorityHost: 'localhost' }, async (server) => {
      const failure = await failureOf({ caPem: authority.certificatePem, overrides: noSystemRoots }, imageAt(server));
      expect(failure.reason).to.equal('TLS_PROTOCOL');
      expect(reasonAt(failure, 'mounted-ca')).to.contain('no subject alternative name');
      expect(stepsOf(failure)).to.deep.equal(['mounted-ca failed', 'plaintext skipped']);
    });
  });

  it('[TC21] ends upon a signature that is too weak', async () => {
    await withServer(stage.serve, { tls: twins.weakLeaf }, async (server) => {
      const setup = { caPem: twins.validPem, overrides: systemRootsOf(twins.validPem) };
      const failure = await failureOf(setup, imageAt(server));
      expect(failure.reason).to.equal('TLS_PROTOCOL');
      expect(stepsOf(failure)).to.deep.equal(['mounted-ca failed', 'plaintext skipped']);
      expect(reasonAt(failure, 'mounted-ca')).to.contain('weak');
    });
  });
});
