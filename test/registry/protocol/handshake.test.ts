import { expect } from 'chai';

import { sendJson } from '../../support/http-server.ts';
import { guardedBy, sendUnauthorized, startScriptedRegistry, withTokens } from './scripted-registry.ts';
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

  const bearer = (more = ''): string => `Bearer realm="${registry.url}/token",service="reg"${more}`;

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

  describe('by Bearer', () => {
    const issue =
      (token: string, more: object = {}): Parameters<typeof withTokens>[0] =>
      (_request, response) => {
        sendJson(response, 200, { token, ...more });
      };

    it('[W26] [T2] [T18] takes Bearer where Basic is offered too, by GET with Basic', async () => {
      registry.play(
        withTokens(
          issue('t1'),
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
      registry.play(withTokens(issue('anon'), guardedBy('Bearer anon', bearer())));
      const answer = await useService({ caPem: registry.caPem }, async (service) => service.resolve(image));
      expect(answer.credential).to.equal('anonymous');
      expect(registry.authorizations).to.deep.equal([undefined, undefined, 'Bearer anon', 'Bearer anon']);
    });

    it('[T18] sends an identity token by POST, in the body and nowhere else', async () => {
      registry.play(withTokens(issue('t1'), guardedBy('Bearer t1', bearer())));
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
            else issue('t1')(request, response);
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

    it('[TR10] takes a life written in digits, and renews at 80 % of it', async () => {
      await countTokens({ expires_in: '100' }, [79_000, 2000], 2);
    });

    it('[TR15] takes 60 seconds where the answer does not say', async () => {
      await countTokens({}, [47_000, 2000], 2);
    });

    it('[TR15] goes by our clock and not by issued_at', async () => {
      await countTokens({ expires_in: 100, issued_at: '2018-01-02T10:00:00Z' }, [70_000], 1);
    });

    it('[TR15] [S31] keeps the tokens of two logins of one registry apart', async () => {
      const owner = (request: { headers: { authorization?: string } }): string =>
        request.headers.authorization === joe ? 'joes' : 'anns';
      registry.play(
        withTokens(
          (request, response) => {
            issue(owner(request))(request, response);
          },
          (request, response) => {
            const wanted = request.target.startsWith('/v2/team/fn/') ? 'Bearer joes' : 'Bearer anns';
            return request.headers.authorization === wanted ? 'content' : sendUnauthorized(response, bearer());
          },
        ),
      );
      const auths = {
        [`${registry.authority}/team`]: basicEntry('joe', 'pass'),
        [`${registry.authority}/other`]: basicEntry('ann', 'pass'),
      };
      await useService({ ...setup, auths }, async (service) => {
        await service.resolve(image);
        await failureOfCall(service.resolve(`${registry.authority}/other/fn:v1`));
      });
      const sent = registry.requests
        .filter((request) => request.target.startsWith('/v2/other/'))
        .map((request) => request.headers.authorization);
      expect(sent.at(-1)).to.equal('Bearer anns');
      expect(sent).not.to.include('Bearer joes');
    });

    it('[R1] refreshes once when a token is refused in flight: two registry requests, one token request', async () => {
      let current = 't1';
      registry.play(
        withTokens(
          (request, response) => {
            issue(current, { expires_in: 3600 })(request, response);
          },
          (request, response) =>
            request.headers.authorization === `Bearer ${current}` ? 'content' : sendUnauthorized(response, bearer()),
        ),
      );
      await useService(setup, async (service) => {
        await service.resolve(image);
        const before = registry.targets.length;
        current = 't2';
        await service.resolve(image, { refresh: true });
        const asked = registry.requests.slice(before).filter((request) => !request.target.includes('/blobs/'));
        expect(asked.map((request) => request.headers.authorization)).to.deep.equal(['Bearer t1', joe, 'Bearer t2']);
      });
    });

    it('[R2] [R11] does not loop when the new token is refused as well', async () => {
      let open = true;
      registry.play(
        withTokens(issue('t1', { expires_in: 3600 }), (request, response) =>
          open && request.headers.authorization === 'Bearer t1'
            ? 'content'
            : sendUnauthorized(response, bearer(',error="invalid_token"')),
        ),
      );
      await useService(setup, async (service) => {
        await service.resolve(image);
        const before = registry.targets.length;
        open = false;
        const failure = await failureOfCall(
          service.resolve(`${registry.authority}/team/fn@${registry.content.index.digest}`),
        );
        expect(failure.reason).to.equal('AUTH_REFUSED');
        expect(registry.requests.slice(before).map((request) => request.headers.authorization)).to.deep.equal([
          'Bearer t1',
          joe,
          'Bearer t1',
        ]);
      });
    });

    it('[R4] [R11] asks once more with the scope that a token lacked', async () => {
      const script = withTokens(
        (request, response) => {
          issue(request.target.includes('catalog') ? 'wide' : 'narrow')(request, response);
        },
        (request, response) => {
          if (request.headers.authorization === 'Bearer wide') return 'content';
          const lacking =
            request.headers.authorization === 'Bearer narrow'
              ? ',scope="registry:catalog:*",error="insufficient_scope"'
              : '';
          return sendUnauthorized(response, bearer(lacking));
        },
      );
      registry.play(script);
      await useService(setup, async (service) => service.resolve(image));
      expect(registry.authorizations).to.deep.equal([
        undefined,
        joe,
        'Bearer narrow',
        joe,
        'Bearer wide',
        'Bearer wide',
      ]);
      const scopes = new URL(registry.requests[3]?.target ?? '', registry.url).searchParams.getAll('scope');
      expect(scopes).to.deep.equal(['registry:catalog:*', 'repository:team/fn:pull']);
    });

    for (const [what, challenge] of [
      ['no error', ',scope="registry:catalog:*"'],
      ['another error', ',scope="registry:catalog:*",error="invalid_token"'],
      ['a malformed scope', ',scope="foo:bar",error="insufficient_scope"'],
    ] as const) {
      it(`[R5] does not ask again when the challenge to a new token has ${what}`, async () => {
        registry.play(
          withTokens(issue('t1'), (request, response) =>
            sendUnauthorized(response, bearer(request.headers.authorization === undefined ? '' : challenge)),
          ),
        );
        const failure = await useService(setup, async (service) => failureOfCall(service.resolve(image)));
        expect(failure.reason).to.equal('AUTH_REFUSED');
        expect(registry.authorizations).to.deep.equal([undefined, joe, 'Bearer t1']);
      });
    }

    it('[R11] does not refresh after 403, unless it says insufficient_scope', async () => {
      const forbid = (challenge: string): void => {
        registry.play(
          withTokens(issue('t1'), (request, response) => {
            if (request.headers.authorization === undefined) return sendUnauthorized(response, bearer());
            sendJson(response, 403, { errors: [{ code: 'DENIED' }] }, { 'www-authenticate': challenge });
            return 'answered';
          }),
        );
      };
      forbid(bearer(',scope="registry:catalog:*"'));
      const failure = await useService(setup, async (service) => failureOfCall(service.resolve(image)));
      expect(failure.reason).to.equal('AUTH_FORBIDDEN');
      expect(registry.authorizations).to.deep.equal([undefined, joe, 'Bearer t1']);
      forbid(bearer(',scope="registry:catalog:*",error="insufficient_scope"'));
      await useService(setup, async (service) => failureOfCall(service.resolve(image)));
      expect(registry.authorizations).to.deep.equal([undefined, joe, 'Bearer t1', joe, 'Bearer t1']);
    });

    it('[R10] has one token issued for images that are resolved at the same time', async () => {
      registry.play(withTokens(issue('t1'), guardedBy('Bearer t1', bearer())));
      await useService(setup, async (service) => {
        await Promise.all(
          ['v1', 'index', `missing`].map(async (tag) =>
            service.resolve(`${registry.authority}/team/fn:${tag}`).catch(String),
          ),
        );
      });
      expect(registry.targets.filter((target) => target.startsWith('GET /token'))).to.have.lengthOf(1);
    });

    /** Resolves once, and again after each of the waits; then counts the token requests. */
    async function countTokens(answer: object, waitsMs: readonly number[], tokens: number): Promise<void> {
      let nowMs = Date.now();
      registry.play(withTokens(issue('t1', answer), guardedBy('Bearer t1', bearer())));
      const clock = { now: () => nowMs, delay: async () => Promise.resolve() };
      await useService({ ...setup, overrides: { clock } }, async (service) => {
        await service.resolve(image);
        for (const waitMs of waitsMs) {
          nowMs += waitMs;
          await service.resolve(image, { refresh: true });
        }
      });
      expect(registry.targets.filter((target) => target.startsWith('GET /token'))).to.have.lengthOf(tokens);
    }
  });
});
