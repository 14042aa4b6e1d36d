import { expect } from 'chai';

import { sendJson } from '../../support/http-server.ts';
import { guardedBy, sendUnauthorized, startScriptedRegistry } from './scripted-registry.ts';
import type { ScriptedRegistry } from './scripted-registry.ts';
import { basicEntry, basicHeader, failureOfCall, useService } from './use-service.ts';
import type { ServiceSetup } from './use-service.ts';

const joe = basicHeader('joe', 'pass');

describe('the handshake with a registry', () => {
  let registry: ScriptedRegistry;
  let image: string;
  let setup: ServiceSetup;

  before(async () => {
    registry = await startScriptedRegistry();
    image = `${registry.authority}/team/fn:v1`;
    setup = { caPem: registry.caPem, auths: { [registry.authority]: basicEntry('joe', 'pass') } };
  });

  after(async () => registry.stop());

  describe('by Basic', () => {
    it('[PG8] [B1] asks for what it wants at once and answers the challenge, never /v2/', async () => {
      registry.play(guardedBy(joe, 'Basic realm="r"'));
      const answer = await useService(setup, async (service) => service.resolve(image));
      expect(answer).to.include({ digest: registry.content.manifest.digest, credential: registry.authority });
      expect(registry.targets).to.deep.equal([
        'GET /v2/team/fn/manifests/v1',
        'GET /v2/team/fn/manifests/v1',
        `GET /v2/team/fn/blobs/${registry.content.config.digest}`,
      ]);
      expect(registry.authorizations).to.deep.equal([undefined, joe, joe]);
    });

    it('[PG8] costs four requests for the first index image and three for the second', async () => {
      registry.play(guardedBy(joe, 'Basic realm="r"'));
      await useService(setup, async (service) => {
        await service.resolve(`${registry.authority}/team/fn:index`);
        expect(registry.targets).to.have.lengthOf(4);
        await service.resolve(`${registry.authority}/team/fn@${registry.content.index.digest}`, { refresh: true });
        expect(registry.targets.slice(4)).to.have.lengthOf.at.most(3);
        expect(registry.authorizations.slice(4).every((value) => value === joe)).to.equal(true);
      });
    });

    it('[B7] is AUTH_DENIED without a login, naming what was looked for, and no empty header is sent', async () => {
      registry.play(guardedBy(joe, 'Basic realm="r"'));
      const failure = await useService({ caPem: registry.caPem }, async (service) =>
        failureOfCall(service.resolve(image)),
      );
      expect(failure).to.include({ status: 'PERMISSION_DENIED', reason: 'AUTH_DENIED' });
      expect(failure.message).to.include(
        `looked for ${registry.authority}/team/fn, ${registry.authority}/team, ${registry.authority}`,
      );
      expect(failure.hint).to.include(registry.authority);
      expect(registry.authorizations).to.deep.equal([undefined]);
    });

    it('[B6] [ER10] is AUTH_REFUSED naming the key after one try with a wrong password', async () => {
      registry.play(guardedBy(joe, 'Basic realm="r"'));
      const wrong = { ...setup, auths: { [`${registry.authority}/team`]: basicEntry('joe', 'wrong-canary') } };
      const failure = await useService(wrong, async (service) => failureOfCall(service.resolve(image)));
      expect(failure).to.include({ status: 'PERMISSION_DENIED', reason: 'AUTH_REFUSED' });
      expect(failure.message).to.include(`"${registry.authority}/team"`).and.not.include('canary');
      expect(registry.authorizations).to.deep.equal([undefined, basicHeader('joe', 'wrong-canary')]);
    });

    it('[P19] [ER10] goes on to the next candidate after 401, and no further after a success', async () => {
      registry.play(guardedBy(joe, 'Basic realm="r"'));
      const host = registry.authority;
      const auths = {
        [host]: basicEntry('late', 'x'),
        [`${host}/team`]: basicEntry('joe', 'pass'),
        [`${host}/team/fn`]: basicEntry('early', 'x'),
      };
      await useService({ ...setup, auths }, async (service) => {
        expect((await service.resolve(image)).credential).to.equal(`${host}/team`);
        expect(await service.metrics()).to.match(/credential_fallbacks_total 1\b/);
      });
      expect(registry.authorizations).to.deep.equal([undefined, basicHeader('early', 'x'), joe, joe]);
    });

    it('[P9] [P19] makes no anonymous attempt after all candidates were refused, and names them', async () => {
      registry.play(guardedBy('nobody', 'Basic realm="r"'));
      const host = registry.authority;
      const auths = { [host]: basicEntry('a', 'x'), [`${host}/team`]: basicEntry('b', 'x') };
      const failure = await useService({ ...setup, auths }, async (service) => failureOfCall(service.resolve(image)));
      expect(failure.reason).to.equal('AUTH_REFUSED');
      expect(failure.message).to.include(`"${host}"`).and.include(`"${host}/team"`);
      expect(registry.authorizations).to.deep.equal([undefined, basicHeader('b', 'x'), basicHeader('a', 'x')]);
    });

    it('[P19] does not try the next candidate once one was let in, though that one may not have everything', async () => {
      registry.play((request, response) => {
        if (request.headers.authorization === undefined) return sendUnauthorized(response, 'Basic realm="r"');
        if (!request.target.includes('/blobs/')) return 'content';
        sendJson(response, 403, { errors: [{ code: 'DENIED', message: 'no' }] });
        return 'answered';
      });
      const auths = {
        [registry.authority]: basicEntry('late', 'x'),
        [`${registry.authority}/team`]: basicEntry('joe', 'pass'),
      };
      const failure = await useService({ ...setup, auths }, async (service) => failureOfCall(service.resolve(image)));
      expect(failure.reason).to.equal('AUTH_FORBIDDEN');
      expect(registry.authorizations).to.deep.equal([undefined, joe, joe]);
    });

    it('[P19] does not try the next candidate after 404', async () => {
      registry.play(guardedBy(joe, 'Basic realm="r"'));
      const auths = {
        [registry.authority]: basicEntry('late', 'x'),
        [`${registry.authority}/team`]: basicEntry('joe', 'pass'),
      };
      await useService({ ...setup, auths }, async (service) => {
        const failure = await failureOfCall(service.resolve(`${registry.authority}/team/fn:missing`));
        expect(failure.reason).to.equal('MAN_NOT_FOUND');
      });
      expect(registry.authorizations).to.deep.equal([undefined, joe]);
    });

    it('[E15] is CFG_ENTRY_AUTH when the turn comes of an entry that cannot be read', async () => {
      registry.play(guardedBy(joe, 'Basic realm="r"'));
      const auths = { [registry.authority]: { auth: 'pants' }, [`${registry.authority}/team`]: basicEntry('a', 'x') };
      const failure = await useService({ ...setup, auths }, async (service) => failureOfCall(service.resolve(image)));
      expect(failure.reason).to.equal('CFG_ENTRY_AUTH');
      expect(failure.message).to.include(registry.authority).and.not.include('pants');
      expect(registry.authorizations).to.deep.equal([undefined, basicHeader('a', 'x')]);
    });

    it('[B3] refuses an identity token alone where the registry wants a password', async () => {
      registry.play(guardedBy(joe, 'Basic realm="r"'));
      const auths = { [registry.authority]: { identitytoken: 'canary-identity' } };
      const failure = await useService({ ...setup, auths }, async (service) => failureOfCall(service.resolve(image)));
      expect(failure.reason).to.equal('AUTH_REFUSED');
      expect(registry.authorizations).to.deep.equal([undefined]);
    });
  });

  describe('without a usable challenge', () => {
    it('[PG8] [W23] looks at /v2/ when a 401 has no challenge', async () => {
      registry.play((request, response) => {
        if (request.headers.authorization === joe) return 'content';
        return sendUnauthorized(response, request.target === '/v2/' ? 'Basic realm="r"' : undefined);
      });
      const answer = await useService(setup, async (service) => service.resolve(image));
      expect(answer.digest).to.equal(registry.content.manifest.digest);
      expect(registry.targets.slice(0, 3)).to.deep.equal([
        'GET /v2/team/fn/manifests/v1',
        'GET /v2/',
        'GET /v2/team/fn/manifests/v1',
      ]);
      expect(registry.authorizations.slice(0, 3)).to.deep.equal([undefined, undefined, joe]);
    });

    it('[W23] is AUTH_CHALLENGE when nothing says how to log in', async () => {
      registry.play(guardedBy(joe, undefined));
      const failure = await useService(setup, async (service) => failureOfCall(service.resolve(image)));
      expect(failure.reason).to.equal('AUTH_CHALLENGE');
      expect(registry.authorizations).to.deep.equal([undefined, undefined]);
    });

    it('[W26] is AUTH_CHALLENGE with the header in it when that cannot be read', async () => {
      registry.play(guardedBy(joe, 'Basic realm="Dev" charset="UTF-8"'));
      const failure = await useService(setup, async (service) => failureOfCall(service.resolve(image)));
      expect(failure.reason).to.equal('AUTH_CHALLENGE');
      expect(failure.message).to.include('Basic realm="Dev" charset="UTF-8"');
    });

    it('[W26] [7.2.13] is AUTH_CHALLENGE for a challenge of 10,000 parameters', async () => {
      const params = Array.from({ length: 10_000 }, () => 'a').join();
      registry.play(guardedBy(joe, `Basic ${params.slice(0, 12_000)}`));
      const failure = await useService(setup, async (service) => failureOfCall(service.resolve(image)));
      expect(failure.reason).to.equal('AUTH_CHALLENGE');
      expect(failure.message.length).to.be.below(1000);
    });

    it('[7.2.13] [SZ6] fails at once for a challenge of 1 MB', async () => {
      registry.play(guardedBy(joe, `Basic realm="${'x'.repeat(1_000_000)}"`));
      const failure = await useService(setup, async (service) => failureOfCall(service.resolve(image)));
      expect(failure.reason).to.be.oneOf(['UNREACHABLE', 'NOT_A_REGISTRY', 'AUTH_CHALLENGE']);
      expect(failure.message.length).to.be.below(1000);
    });
  });
});
