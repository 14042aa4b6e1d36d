import { expect } from 'chai';

import { sendJson } from '../../support/http-server.ts';
import { guardedBy, issueToken, sendUnauthorized, startScriptedRegistry, withTokens } from './scripted-registry.ts';
import type { ScriptedRegistry } from './scripted-registry.ts';
import { basicEntry, failureOf, failureOfCall, useService } from './use-service.ts';
import type { ServiceSetup } from './use-service.ts';
import { VirtualNetwork } from './virtual-network.ts';

describe('a token service in trouble', () => {
  let registry: ScriptedRegistry;
  let service: ScriptedRegistry;
  let image: string;
  let setup: ServiceSetup;

  before(async () => {
    registry = await startScriptedRegistry();
    service = await startScriptedRegistry();
    image = `${registry.authority}/team/fn:v1`;
    setup = {
      caPem: registry.caPem + service.caPem,
      auths: { [registry.authority]: basicEntry('joe', 'pass') },
    };
    registry.play((_request, response) => sendUnauthorized(response, `Bearer realm="${service.url}/token"`));
  });

  after(async () => {
    await registry.stop();
    await service.stop();
  });

  it('is among the attempts when it hangs until the deadline', async () => {
    service.play(() => 'answered');
    const failure = await failureOf({ ...setup, flags: ['--resolve-timeout=700ms'] }, image);
    expect(failure.reason).to.equal('DEADLINE');
    expect(failure.attempts).to.deep.equal([
      { step: 'mounted-ca', address: registry.authority, outcome: 'ok', reason: '' },
      { step: 'mounted-ca', address: service.authority, outcome: 'failed', reason: 'no answer before the deadline' },
    ]);
  });

  it('[ER13] says when to ask again after 429, and what to do', async () => {
    service.play((_request, response) => {
      sendJson(response, 429, {}, { 'retry-after': '3600' });
      return 'answered';
    });
    const failure = await failureOf(setup, image);
    expect(failure.reason).to.equal('RATE_LIMITED');
    expect(failure.message).to.contain('retry after 3600 s');
    expect(failure.hint).to.match(/^Wait/);
  });

  it('is named when it redirects, without the query', async () => {
    service.play((_request, response) => {
      response.writeHead(307, { location: 'https://elsewhere.example/t?signature=canary' }).end();
      return 'answered';
    });
    const failure = await failureOf(setup, image);
    expect(failure.reason).to.equal('REDIRECT_REFUSED');
    expect(failure.message).to.contain('https://elsewhere.example/t').and.to.not.contain('canary');
  });

  it('on another site is not warned of when its address is refused, since nothing is sent there', async () => {
    const warning = 'token service on another site';
    const network = new VirtualNetwork().name('registry.example', '203.0.113.7').name('inside.example', '10.1.2.3');
    const named = await startScriptedRegistry({ dnsNames: ['registry.example'] });
    try {
      network.serve('203.0.113.7', 443, named);
      named.play((_request, response) => sendUnauthorized(response, 'Bearer realm="https://inside.example/token"'));
      const auths = { 'registry.example': basicEntry('joe', 'pass') };
      await useService({ caPem: named.caPem, auths, overrides: network.overrides }, async (runner) => {
        const failure = await failureOfCall(runner.resolve('registry.example/team/fn:v1'));
        expect(failure.reason).to.equal('AUTH_REALM');
        expect(runner.logLines.join('\n')).to.not.contain(warning);
      });
    } finally {
      await named.stop();
    }
  });

  it('on another site is warned of once it has been sent credentials', async () => {
    const elsewhere = await startScriptedRegistry({ dnsNames: ['localhost'] });
    try {
      elsewhere.play(withTokens(issueToken('t1'), () => 'content'));
      const realm = `Bearer realm="https://localhost:${String(elsewhere.port)}/token"`;
      registry.play(guardedBy('Bearer t1', realm));
      await useService({ ...setup, caPem: registry.caPem + elsewhere.caPem }, async (runner) => {
        await runner.resolve(image);
        expect(runner.logLines.join('\n')).to.contain('token service on another site');
      });
    } finally {
      await elsewhere.stop();
    }
  });
});
