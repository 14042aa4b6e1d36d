import type { ServerResponse } from 'node:http';

import { expect } from 'chai';

import { startServer } from '../../support/http-server.ts';
import { GrpcFailure } from '../../support/service.ts';
import { errorCases, errors, html } from './error-cases.ts';
import { guardedBy, sendUnauthorized, startScriptedRegistry } from './scripted-registry.ts';
import type { ScriptedRegistry, Script } from './scripted-registry.ts';
import { basicEntry, basicHeader, failureOf, failureOfCall, useService } from './use-service.ts';
import type { ServiceSetup } from './use-service.ts';

const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const joe = basicHeader('joe', 'pass');

describe("a registry's failure, as the caller is told of it", () => {
  let registry: ScriptedRegistry;
  let setup: ServiceSetup;
  let image: string;

  before(async () => {
    registry = await startScriptedRegistry();
    image = `${registry.authority}/team/fn:v1`;
    const clock = { now: () => Date.now(), delay: async () => Promise.resolve() };
    setup = { caPem: registry.caPem, overrides: { clock } };
  });

  after(async () => registry.stop());

  for (const { row, what, status, body, type, code, reason, says, requests } of errorCases) {
    it(`[${row}] is ${reason} for ${what}`, async () => {
      registry.play(always(status, body, { 'content-type': type ?? 'application/json' }));
      const failure = await failureOf(setup, image);
      expect(failure.reason).to.equal(reason);
      if (code !== undefined) expect(failure.status).to.equal(code);
      expect(failure.message).to.include(says ?? registry.authority);
      expect(registry.targets).to.have.lengthOf(requests ?? 1);
    });
  }

  const nameless: readonly { what: string; answer: Script; reason: string }[] = [
    {
      what: 'a manifest that is not JSON',
      answer: always(200, 'no', { 'content-type': manifestType }),
      reason: 'MAN_TYPE',
    },
    {
      what: 'an unknown encoding',
      answer: always(200, '{}', { 'content-encoding': 'lzma' }),
      reason: 'REGISTRY_ERROR',
    },
    { what: 'an unknown status', answer: always(418, '{}', {}), reason: 'REGISTRY_ERROR' },
    {
      what: 'a challenge of a kind that is not spoken',
      answer: (_request, response) => sendUnauthorized(response, 'Negotiate'),
      reason: 'AUTH_CHALLENGE',
    },
    {
      what: 'a challenge that cannot be read',
      answer: (_request, response) => sendUnauthorized(response, 'Bearer realm="'),
      reason: 'AUTH_CHALLENGE',
    },
  ];
  for (const { what, answer, reason } of nameless) {
    it(`names the registry and says what to do for ${what}`, async () => {
      registry.play(answer);
      const failure = await failureOf({ ...setup, auths: { [registry.authority]: basicEntry('joe', 'pass') } }, image);
      expect(failure.reason).to.equal(reason);
      expect(failure.message).to.include(registry.authority);
      expect(failure.hint).to.match(/^[A-Z].*[.]$/);
    });
  }

  it('says of a 403 before any challenge that the credentials there are were not sent', async () => {
    registry.play(always(403, errors(['DENIED', 'not from there']), {}));
    const auths = { [registry.authority]: basicEntry('joe', 'pass') };
    const failure = await failureOf({ ...setup, auths }, image);
    expect(failure.reason).to.equal('AUTH_FORBIDDEN');
    expect(failure.message).to.include(`before asking for a login, so "${registry.authority}" was not sent`);
    expect(failure.hint).to.not.include('Add an entry');
  });

  it('says that header and body disagree for a false Docker-Content-Digest by tag', async () => {
    const headers = { 'content-type': manifestType, 'docker-content-digest': `sha256:${'0'.repeat(64)}` };
    registry.play(always(200, registry.content.manifest.bytes.toString(), headers));
    const failure = await failureOf(setup, image);
    expect(failure.reason).to.equal('MAN_DIGEST');
    expect(failure.message).to.include('disagrees with itself').and.include('header').and.include('body');
  });

  it('[ER7] is AUTH_DENIED for an anonymous token without the scope, as Docker Hub answers for what does not exist', async () => {
    registry.play((request, response) => {
      if (request.target.startsWith('/token')) return json(response, 200, '{"token":"anon"}');
      response.setHeader(
        'www-authenticate',
        `Bearer realm="${registry.url}/token",scope="repository:team/fn:pull",error="insufficient_scope"`,
      );
      return json(response, 401, errors(['UNAUTHORIZED', 'authentication required']));
    });
    const failure = await failureOf(setup, image);
    expect(failure).to.include({ status: 'PERMISSION_DENIED', reason: 'AUTH_DENIED' });
    expect(failure.message)
      .to.include('or that repository does not exist')
      .and.include('UNAUTHORIZED: authentication required');
    expect(registry.targets.filter((target) => target.includes('/token'))).to.have.lengthOf(1);
  });

  it('[ER8] is AUTH_DENIED for 401 with something other than JSON', async () => {
    registry.play((_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="r"', 'content-type': 'text/plain' }).end('go away');
      return 'answered';
    });
    const failure = await failureOf(setup, image);
    expect(failure.reason).to.equal('AUTH_DENIED');
    expect(failure.message).to.include('go away');
  });

  it('[ER9] is AUTH_DENIED with the words of a 401 that has them under another name', async () => {
    registry.play((_request, response) => {
      response.setHeader('www-authenticate', 'Basic realm="r"');
      return json(response, 401, '{"details":"incorrect username or password"}');
    });
    const failure = await failureOf(setup, image);
    expect(failure.reason).to.equal('AUTH_DENIED');
    expect(failure.message).to.include('incorrect username or password');
  });

  it('[ER10] is AUTH_REFUSED naming the key when the login was sent, and the next candidate is tried', async () => {
    registry.play(guardedBy('nobody', 'Basic realm="r"'));
    const auths = { [registry.authority]: basicEntry('a', 'x'), [`${registry.authority}/team`]: basicEntry('b', 'x') };
    const failure = await failureOf({ ...setup, auths }, image);
    expect(failure.reason).to.equal('AUTH_REFUSED');
    expect(registry.authorizations).to.deep.equal([undefined, basicHeader('b', 'x'), basicHeader('a', 'x')]);
  });

  it('[ER11] [ER12] goes on to the next candidate after 403, whatever challenge comes with it', async () => {
    registry.play((request, response) => {
      if (request.headers.authorization === joe) return 'content';
      if (request.headers.authorization === undefined) return sendUnauthorized(response, 'Basic realm="r"');
      response.setHeader('www-authenticate', 'Basic realm="other"');
      return json(response, 403, errors(['DENIED', 'not yours']));
    });
    const auths = {
      [registry.authority]: basicEntry('joe', 'pass'),
      [`${registry.authority}/team`]: basicEntry('b', 'x'),
    };
    const answer = await useService({ ...setup, auths }, async (service) => service.resolve(image));
    expect(answer.credential).to.equal(registry.authority);
    expect(registry.authorizations.slice(0, 3)).to.deep.equal([undefined, basicHeader('b', 'x'), joe]);
  });

  it('[ER11] names the key whose account lacks the right', async () => {
    registry.play((request, response) => {
      if (request.headers.authorization === undefined) return sendUnauthorized(response, 'Basic realm="r"');
      return json(response, 403, errors(['DENIED', 'not yours']));
    });
    const failure = await failureOf({ ...setup, auths: { [registry.authority]: basicEntry('joe', 'pass') } }, image);
    expect(failure.reason).to.equal('AUTH_FORBIDDEN');
    expect(failure.message).to.include(`the account of "${registry.authority}"`);
  });

  it('[ER13] says how long to wait, in its RetryInfo too, when that is too long to wait for', async () => {
    registry.play(always(429, errors(['TOOMANYREQUESTS', 'slow down']), { 'retry-after': '600' }));
    const failure = await failureOf(setup, image);
    expect(failure).to.include({ status: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMITED', retryDelaySeconds: 600 });
    expect(failure.message).to.include('retry after 600 s');
    expect(registry.targets).to.have.lengthOf(1);
  });

  it('[CB10] is BLOB_UNKNOWN when the config is missing', async () => {
    registry.play((request, response) =>
      request.target.includes('/blobs/') ? json(response, 404, errors(['BLOB_UNKNOWN', 'x'])) : 'content',
    );
    const failure = await failureOf(setup, image);
    expect(failure).to.include({ status: 'NOT_FOUND', reason: 'BLOB_UNKNOWN' });
    expect(failure.message).to.include(registry.content.config.digest);
  });

  it('[ER20] has the words of the body, since nothing is asked by HEAD', async () => {
    registry.play(always(404, errors(['NAME_UNKNOWN', 'unknown'])));
    expect((await failureOf(setup, image)).reason).to.equal('REPO_NOT_FOUND');
    expect(registry.requests.every((request) => request.method === 'GET')).to.equal(true);
  });

  it('[ER23] [7.2.14] shows no query values, no user names and nothing of what was sent', async () => {
    registry.play((request, response) => {
      if (request.headers.authorization === undefined) return sendUnauthorized(response, 'Basic realm="r"');
      const text = `${request.headers.authorization} is canary-word at https://u:canary@h.example/b?X-Signature=canary`;
      return json(response, 400, errors(['DENIED', text]));
    });
    const auths = { [registry.authority]: basicEntry('joe', 'canary-word') };
    await useService({ ...setup, auths }, async (service) => {
      const failure = await failureOfCall(service.resolve(image));
      const shown = `${failure.message} ${failure.hint} ${service.logLines.join(' ')} ${await service.metrics()}`;
      expect(failure.message).to.include('https://h.example/b?X-Signature=…');
      expect(shown).not.to.include('canary').and.not.include(basicEntry('joe', 'canary-word').auth);
    });
  });

  it('[ER23] [W26] shows nothing of what was sent in a challenge that cannot be read', async () => {
    registry.play((request, response) =>
      sendUnauthorized(
        response,
        request.headers.authorization === undefined
          ? 'Basic realm="r"'
          : `Basic ${'x'.repeat(180)} ${request.headers.authorization}`,
      ),
    );
    const failure = await failureOf({ ...setup, auths: { [registry.authority]: basicEntry('joe', 'canary') } }, image);
    expect(failure.reason).to.equal('AUTH_CHALLENGE');
    expect(failure.message).not.to.include(basicEntry('joe', 'canary').auth.slice(0, 6));
  });

  it('[ER24] logs a warning of the registry once, and ignores what is none', async () => {
    registry.play((_request, response) => {
      response.setHeader('warning', ['299 - "this registry closes in May"', '199 - "ignored"', '299 - "ignored" 1']);
      return 'content';
    });
    await useService(setup, async (service) => {
      await service.resolve(image);
      await service.resolve(image, { refresh: true });
      const lines = service.logLines.filter((line) => line.includes('the registry warns'));
      expect(lines).to.have.lengthOf(1);
      expect(lines[0]).to.include('this registry closes in May');
      expect(service.logLines.join('\n')).not.to.include('ignored');
    });
  });

  it('[ER25] [ER26] tells image, registry, what was tried and what to do', async () => {
    registry.play(always(404, errors(['MANIFEST_UNKNOWN', 'manifest unknown'])));
    const failure = await failureOf(setup, image);
    expect(failure).to.be.instanceOf(GrpcFailure);
    expect(failure.message).to.include(`${registry.authority}/team/fn`);
    expect(failure.attempts).to.deep.equal([
      { step: 'mounted-ca', address: registry.authority, outcome: 'ok', reason: '' },
    ]);
    expect(failure.hint).not.to.equal('');
  });

  it('[7.2.15] is NOT_A_REGISTRY when /v2/ brings a web page', async () => {
    registry.play((request, response) => {
      if (request.target !== '/v2/') return sendUnauthorized(response, undefined);
      response.writeHead(200, { 'content-type': 'text/html' }).end(html);
      return 'answered';
    });
    expect((await failureOf(setup, image)).reason).to.equal('NOT_A_REGISTRY');
    expect(registry.targets).to.deep.equal(['GET /v2/team/fn/manifests/v1', 'GET /v2/']);
  });

  it('notes the token service among the attempts, and says when it is down', async () => {
    const gone = await startServer(() => undefined);
    await gone.stop();
    registry.play((_request, response) => sendUnauthorized(response, `Bearer realm="https://${gone.authority}/token"`));
    const failure = await failureOf(setup, image);
    expect(failure.reason).to.equal('UNREACHABLE');
    expect(failure.message).to.include(`the token service of ${registry.authority}`);
    expect(failure.attempts.map((attempt) => `${attempt.address} ${attempt.outcome}`)).to.include.members([
      `${registry.authority} ok`,
      `${gone.authority} failed`,
    ]);
  });
});

function json(response: ServerResponse, status: number, body: string): 'answered' {
  response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  return 'answered';
}

/** The same answer to everything. */
function always(status: number, body: string, headers: Readonly<Record<string, string | string[]>> = {}): Script {
  return (_request, response) => {
    response.writeHead(status, headers).end(body);
    return 'answered';
  };
}
