import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'chai';

import { createAuthority } from '../../../examples/registry/certificates.ts';
import { buildImage } from '../../../examples/registry/image.ts';
import type { Image } from '../../../examples/registry/image.ts';
import { pushImage } from '../../../examples/registry/push.ts';
import type { AccessLine } from '../../support/access-log.ts';
import { startDockerRegistry } from '../../support/docker-registry.ts';
import type { DockerRegistry } from '../../support/docker-registry.ts';
import { sendJson } from '../../support/http-server.ts';
import { requires } from '../../support/requires.ts';
import { startTokenService } from '../../support/token-service.ts';
import type { TokenService } from '../../support/token-service.ts';
import { basicEntry, failureOf, failureOfCall, useService } from './use-service.ts';
import type { ServiceSetup } from './use-service.ts';

/** docker-registry takes a token for so long after it ended. */
const leewaySeconds = 60;

describe('a real registry with token authentication', function () {
  requires('docker-registry');
  this.timeout(30_000);
  let tokens: TokenService;
  let registry: DockerRegistry;
  let image: Image;
  let caPem: string;
  let setup: ServiceSetup;

  before(async () => {
    const authority = await createAuthority();
    caPem = authority.certificatePem;
    const certificate = await authority.issue({ ipAddresses: ['127.0.0.1'] });
    tokens = await startTokenService({ tls: certificate, users: { joe: 'a:b', ann: 'c' } });
    registry = await startDockerRegistry({ tls: certificate, token: tokens });
    image = await buildImage({ entrypoint: ['/fn'], platform: { os: 'linux', architecture: 'amd64' } });
    const token = tokens.token([{ type: 'repository', name: 'team/fn', actions: ['pull', 'push'] }]);
    await pushImage(registry.authority, 'team/fn', 'v1', image, { auth: { token }, ca: caPem });
    setup = { caPem, auths: { [registry.authority]: basicEntry('joe', 'a:b') } };
  });

  after(async () => {
    await registry.stop();
    await tokens.stop();
  });

  afterEach(() => {
    tokens.behave(undefined);
  });

  const name = (): string => `${registry.authority}/team/fn:v1`;
  const access = [{ type: 'repository', name: 'team/fn', actions: ['pull'] }];

  it('[TR13] gets no request after the token service has refused the password', async () => {
    const before = (await registry.accessLog()).length;
    const failure = await failureOf(
      { ...setup, auths: { [registry.authority]: basicEntry('joe', 'wrong-canary') } },
      name(),
    );
    expect(failure).to.include({ status: 'PERMISSION_DENIED', reason: 'AUTH_REFUSED' });
    expect(failure.message).to.include(`"${registry.authority}"`).and.not.include('canary');
    expect((await since(before)).map((line) => line.status)).to.deep.equal([401]);
  });

  it('[TR12] [R11] [ER7] refuses a token without the right to pull, and is asked no third time', async () => {
    tokens.behave((_request, response) => {
      sendJson(response, 200, { token: tokens.token([{ type: 'repository', name: 'team/other', actions: ['pull'] }]) });
    });
    const before = (await registry.accessLog()).length;
    const tokensBefore = tokens.requests.length;
    const failure = await failureOf(setup, name());
    expect(failure).to.include({ status: 'PERMISSION_DENIED', reason: 'AUTH_REFUSED' });
    expect((await since(before)).map((line) => line.status)).to.deep.equal([401, 401]);
    expect(tokens.requests.length - tokensBefore).to.equal(1);
  });

  it('[TR12] [ER10] does not call a password wrong that the token service has taken', async () => {
    tokens.behave((_request, response) => {
      sendJson(response, 200, { token: tokens.token([]) });
    });
    const failure = await failureOf(setup, name());
    expect(failure.message).to.include(`"${registry.authority}"`).and.to.include('team/fn').and.not.include('refused');
    expect(failure.hint).to.include('right to pull').and.not.include('Renew');
  });

  it('[P19] lets in the second of two logins that match when the first may not', async () => {
    tokens.behave((request, response) => {
      const isAnn = request.headers.authorization === `Basic ${basicEntry('ann', 'c').auth}`;
      sendJson(response, 200, { token: tokens.token(isAnn ? access : []) });
    });
    const auths = {
      [registry.authority]: basicEntry('ann', 'c'),
      [`${registry.authority}/team`]: basicEntry('joe', 'a:b'),
    };
    const answer = await useService({ ...setup, auths }, async (service) => service.resolve(name()));
    expect(answer).to.include({ credential: registry.authority, digest: image.manifest.digest });
  });

  it('[R1] refuses a token that has ended, which is renewed once', async () => {
    const usableSeconds = 3;
    let issued = 0;
    tokens.behave((_request, response) => {
      issued += 1;
      const lifeSeconds = issued === 1 ? usableSeconds - leewaySeconds : 300;
      sendJson(response, 200, { token: tokens.token(access, lifeSeconds), expires_in: 3600 });
    });
    await useService(setup, async (service) => {
      await service.resolve(name());
      await sleep((usableSeconds + 1) * 1000);
      const before = (await registry.accessLog()).length;
      expect((await service.resolve(name(), { refresh: true })).digest).to.equal(image.manifest.digest);
      expect((await since(before)).slice(0, 2).map((line) => line.status)).to.deep.equal([401, 200]);
      expect(issued).to.equal(2);
    });
  });

  it('[R2] is not asked for ever with tokens that have all ended', async () => {
    tokens.behave((_request, response) => {
      sendJson(response, 200, { token: tokens.token(access, -leewaySeconds - 5), expires_in: 3600 });
    });
    await useService(setup, async (service) => {
      const before = (await registry.accessLog()).length;
      expect((await failureOfCall(service.resolve(name()))).reason).to.equal('AUTH_REFUSED');
      expect((await since(before)).map((line) => line.status)).to.deep.equal([401, 401]);
    });
  });

  async function since(start: number): Promise<readonly AccessLine[]> {
    return (await registry.accessLog()).slice(start);
  }
});
