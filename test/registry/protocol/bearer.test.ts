import { expect } from 'chai';

import { sendJson } from '../../support/http-server.ts';
import { guardedBy, issueToken, startScriptedRegistry, withTokens } from './scripted-registry.ts';
import type { ScriptedRegistry } from './scripted-registry.ts';
import { basicEntry, basicHeader, failureOfCall, useService } from './use-service.ts';
import type { ServiceSetup } from './use-service.ts';

const joe = basicHeader('joe', 'pass');

describe('a token for a registry', () => {
  let registry: ScriptedRegistry;
  let image: string;
  let setup: ServiceSetup;

  before(async () => {
    registry = await startScriptedRegistry();
    image = `${registry.authority}/team/fn:v1`;
    setup = { caPem: registry.caPem, auths: { [registry.authority]: basicEntry('joe', 'pass') } };
  });

  after(async () => registry.stop());

  const bearer = (more = ''): string => `Bearer realm="${registry.url}/token",service="reg"${more}`;

  it('[W26] [T2] [T18] takes Bearer where Basic is offered too, by GET with Basic', async () => {
    registry.play(
      withTokens(
        issueToken('t1'),
        guardedBy('Bearer t1', ['Basic realm="r"', bearer(',scope="repository:team/fn:pull"')]),
      ),
    );
    const answer = await useService(setup, async (service) => service.resolve(image));
    expect(answer.credential).to.equal(registry.authority);
    const [, token] = registry.requests;
    expect(token?.method).to.equal('GET');
    expect(token?.headers.authorization).to.equal(joe);
    expect(decodeURIComponent(token?.target ?? '')).to.equal('/token?service=reg&scope=repository:team/fn:pull');
    expect(registry.authorizations).to.deep.equal([undefined, joe, 'Bearer t1', 'Bearer t1']);
  });

  it('[T3] takes an anonymous token where there is no login', async () => {
    registry.play(withTokens(issueToken('anon'), guardedBy('Bearer anon', bearer())));
    const answer = await useService({ caPem: registry.caPem }, async (service) => service.resolve(image));
    expect(answer.credential).to.equal('anonymous');
    expect(registry.authorizations).to.deep.equal([undefined, undefined, 'Bearer anon', 'Bearer anon']);
  });

  it('[T18] sends an identity token by POST, in the body and nowhere else', async () => {
    registry.play(withTokens(issueToken('t1'), guardedBy('Bearer t1', bearer())));
    const auths = { [registry.authority]: { identitytoken: 'canary-identity' } };
    await useService({ ...setup, auths }, async (service) => service.resolve(image));
    const [, post] = registry.requests;
    expect(post?.method).to.equal('POST');
    expect(post?.target).to.equal('/token');
    expect(Object.fromEntries(new URLSearchParams(post?.body))).to.deep.equal({
      grant_type: 'refresh_token',
      client_id: 'krm-function-runner',
      service: 'reg',
      scope: 'repository:team/fn:pull',
      refresh_token: 'canary-identity',
    });
  });

  for (const status of [400, 401, 404, 405]) {
    it(`[T18] falls back from the identity token to the password after ${String(status)}`, async () => {
      const answer = withTokens(
        (request, response) => {
          if (request.method === 'POST') sendJson(response, status, {});
          else issueToken('t1')(request, response);
        },
        guardedBy('Bearer t1', bearer()),
      );
      registry.play(answer);
      const auths = { [registry.authority]: { ...basicEntry('joe', 'pass'), identitytoken: 'identity' } };
      await useService({ ...setup, auths }, async (service) => service.resolve(image));
      expect(registry.targets.slice(1, 3).map((target) => target.split(' ')[0])).to.deep.equal(['POST', 'GET']);
      expect(registry.authorizations[2]).to.equal(joe);
    });
  }

  it('[T18] is refused when the token service takes no identity token and there is nothing else', async () => {
    registry.play(
      withTokens(
        (_request, response) => {
          sendJson(response, 401, {});
        },
        guardedBy('Bearer t1', bearer()),
      ),
    );
    const auths = { [registry.authority]: { identitytoken: 'canary-identity' } };
    const failure = await useService({ ...setup, auths }, async (service) => failureOfCall(service.resolve(image)));
    expect(failure.reason).to.equal('AUTH_REFUSED');
    expect(registry.targets.map((target) => target.split('?')[0])).to.deep.equal([
      'GET /v2/team/fn/manifests/v1',
      'POST /token',
    ]);
  });

  it('[E19] sends a registry token as it is', async () => {
    registry.play(guardedBy('Bearer ready-made', bearer()));
    const auths = { [registry.authority]: { registrytoken: 'ready-made' } };
    await useService({ ...setup, auths }, async (service) => service.resolve(image));
    expect(registry.authorizations).to.deep.equal([undefined, 'Bearer ready-made', 'Bearer ready-made']);
  });

  it('[TR13] is AUTH_REFUSED naming the key when the token service refuses the login', async () => {
    registry.play(
      withTokens(
        (_request, response) => {
          sendJson(response, 401, { details: `no pass for ${joe}` });
        },
        guardedBy('Bearer t1', bearer()),
      ),
    );
    const failure = await useService(setup, async (service) => failureOfCall(service.resolve(image)));
    expect(failure.reason).to.equal('AUTH_REFUSED');
    expect(failure.message).to.include(`"${registry.authority}"`).and.not.include(joe.slice(6));
  });

  const unusable: readonly (readonly [row: string, what: string, body: string])[] = [
    ['TR4', 'has no token', '{}'],
    ['TR5', 'is not JSON', 'IAmNotJson'],
    ['TR14', 'has a token with a line break', '{"token":"a\\r\\nb"}'],
    ['TR14', 'has a token of over 16 KiB', `{"token":"${'a'.repeat(16_385)}"}`],
    ['SZ6', 'is over 64 KiB', `{"token":"a","more":"${'a'.repeat(65_536)}"}`],
  ];
  for (const [row, what, body] of unusable) {
    it(`[${row}] is AUTH_TOKEN when the token service's answer ${what}`, async () => {
      registry.play(
        withTokens(
          (_request, response) => {
            response.end(body);
          },
          guardedBy('Bearer a', bearer()),
        ),
      );
      const failure = await useService(setup, async (service) => failureOfCall(service.resolve(image)));
      expect(failure.reason).to.equal('AUTH_TOKEN');
    });
  }
});
