import { expect } from 'chai';
import { guardedBy, issueToken, startScriptedRegistry, withTokens } from './scripted-registry.ts';
import { basicEntry, useService } from './use-service.ts';

describe('two registries with one token service', () => {
  it('[TR15] [S31] get a token each, though realm, scope and login are the same', async () => {
    const [first, second] = await Promise.all([startScriptedRegistry(), startScriptedRegistry()]);
    try {
      const challenge = `Bearer realm="${first.url}/token",service="reg"`;
      let issued = 0;
      first.play(
        withTokens(
          (request, response) => {
            issued += 1;
            issueToken(`token-${String(issued)}`)(request, response);
          },
          guardedBy('Bearer token-1', challenge),
        ),
      );
      second.play(guardedBy('Bearer token-2', challenge));
      const login = basicEntry('joe', 'pass');
      const auths = { [first.authority]: login, [second.authority]: login };
      await useService({ caPem: first.caPem + second.caPem, auths }, async (service) => {
        await service.resolve(`${first.authority}/team/fn:v1`);
        await service.resolve(`${second.authority}/team/fn:v1`);
      });
      expect(issued).to.equal(2);
      expect(second.authorizations).to.deep.equal([undefined, 'Bearer token-2']);
    } finally {
      await Promise.all([first.stop(), second.stop()]);
    }
  });
});
