import { expect } from 'chai';

import { sendJson } from '../../support/http-server.ts';
import type { SeenRequest } from '../../support/http-server.ts';
import { guardedBy, issueToken, sendUnauthorized, startScriptedRegistry, withTokens } from './scripted-registry.ts';
import type { ScriptedRegistry } from './scripted-registry.ts';
import { basicEntry, basicHeader, failureOfCall, useService } from './use-service.ts';
import type { ServiceSetup } from './use-service.ts';

const joe = basicHeader('joe', 'pass');

function owner(request: SeenRequest): string {
  return request.headers.authorization === joe ? 'joes' : 'anns';
}

describe('the life of a token', () => {
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
    registry.play(
      withTokens(
        (request, response) => {
          issueToken(owner(request))(request, response);
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

  it('[TR15] [S31] [P19] buys the next login of one repository a token of its own', async () => {
    registry.play(
      withTokens(
        (request, response) => {
          issueToken(owner(request))(request, response);
        },
        guardedBy('Bearer joes', bearer()),
      ),
    );
    const ann = basicHeader('ann', 'pass');
    const auths = {
      [registry.authority]: basicEntry('joe', 'pass'),
      [`${registry.authority}/team`]: basicEntry('ann', 'pass'),
    };
    await useService({ ...setup, auths }, async (service) => service.resolve(image));
    expect(registry.authorizations).to.deep.equal([undefined, ann, 'Bearer anns', joe, 'Bearer joes', 'Bearer joes']);
  });

  it('[R1] refreshes once when a token is refused in flight: two registry requests, one token request', async () => {
    let current = 't1';
    registry.play(
      withTokens(
        (request, response) => {
          issueToken(current, { expires_in: 3600 })(request, response);
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
      withTokens(issueToken('t1', { expires_in: 3600 }), (request, response) =>
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
        issueToken(request.target.includes('catalog') ? 'wide' : 'narrow')(request, response);
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
    expect(registry.authorizations).to.deep.equal([undefined, joe, 'Bearer narrow', joe, 'Bearer wide', 'Bearer wide']);
    const scopes = new URL(registry.requests[3]?.target ?? '', registry.url).searchParams.getAll('scope');
    expect(scopes).to.deep.equal(['registry:catalog:*', 'repository:team/fn:pull']);
  });

  it('[R4] [R11] asks once more and no further, though each token lacks yet another scope', async () => {
    let asked = 0;
    registry.play(
      withTokens(issueToken('t1'), (_request, response) => {
        asked += 1;
        return sendUnauthorized(
          response,
          bearer(`,scope="registry:more${String(asked)}:*",error="insufficient_scope"`),
        );
      }),
    );
    const failure = await useService(setup, async (service) => failureOfCall(service.resolve(image)));
    expect(failure.reason).to.equal('AUTH_REFUSED');
    expect(registry.authorizations).to.deep.equal([undefined, joe, 'Bearer t1', joe, 'Bearer t1']);
  });

  for (const [what, challenge] of [
    ['no error', ',scope="registry:catalog:*"'],
    ['another error', ',scope="registry:catalog:*",error="invalid_token"'],
    ['a malformed scope', ',scope="foo:bar",error="insufficient_scope"'],
  ] as const) {
    it(`[R5] does not ask again when the challenge to a new token has ${what}`, async () => {
      registry.play(
        withTokens(issueToken('t1'), (request, response) =>
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
        withTokens(issueToken('t1'), (request, response) => {
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
    registry.play(withTokens(issueToken('t1'), guardedBy('Bearer t1', bearer())));
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
    registry.play(withTokens(issueToken('t1', answer), guardedBy('Bearer t1', bearer())));
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
