import { expect } from 'chai';
import { sendJson } from '../../support/http-server.ts';
import { guardedBy, issueToken, startScriptedRegistry, withTokens } from '../protocol/scripted-registry.ts';
import type { ScriptedRegistry } from '../protocol/scripted-registry.ts';
import { basicEntry, failureOfCall, useService } from '../protocol/use-service.ts';
import { setStage, withoutJitter } from './stage.ts';

const names = ['trust_steps', 'registry_requests', 'registry_retries', 'token_requests', 'resolutions'];

describe('the counters of a resolution, through the service', () => {
  let registry: ScriptedRegistry;
  let image: string;
  let strangerPem: string;

  before(async () => {
    strangerPem = (await setStage()).stranger.certificatePem;
    registry = await startScriptedRegistry();
    image = `${registry.authority}/team/fn:v1`;
  });

  after(async () => registry.stop());

  it('count every step, request, retry and token, and where the answer came from', async () => {
    const challenge = `Bearer realm="${registry.url}/token",service="reg"`;
    const guarded = withTokens(issueToken('t1'), guardedBy('Bearer t1', challenge));
    let busy = true;
    registry.play((request, response) => {
      if (!busy) return guarded(request, response);
      busy = false;
      sendJson(response, 503, {});
      return 'answered';
    });
    const overrides = { ...withoutJitter, systemRoots: (): readonly string[] => [registry.caPem] };
    const auths = { [registry.authority]: basicEntry('joe', 'pass') };
    await useService({ caPem: strangerPem, auths, overrides }, async (service) => {
      await service.resolve(image);
      await service.resolve(image);
      // The registry and its token service are one host under two names: one that picks the scheme, and a URL.
      expect(countersOf(await service.metrics())).to.have.members([
        'trust_steps{step="mounted-ca",outcome="failed"} 2',
        'trust_steps{step="system-ca",outcome="ok"} 2',
        'registry_requests{kind="registry",status="none"} 1',
        'registry_requests{kind="registry",status="503"} 1',
        'registry_requests{kind="registry",status="401"} 1',
        'registry_requests{kind="registry",status="200"} 2',
        'registry_requests{kind="token",status="none"} 1',
        'registry_requests{kind="token",status="200"} 1',
        'registry_retries{reason="503"} 1',
        'token_requests{outcome="ok"} 1',
        'resolutions{source="registry",outcome="ok"} 1',
        'resolutions{source="cache",outcome="ok"} 1',
      ]);
    });
  });

  it('count a refused token, a step that was passed over, and the reason of a failure', async () => {
    const challenge = `Bearer realm="${registry.url}/token",service="reg"`;
    const refusing = withTokens((_request, response) => sendJson(response, 401, {}), guardedBy('none', challenge));
    registry.play(refusing);
    const auths = { [registry.authority]: basicEntry('joe', 'wrong') };
    await useService({ auths, overrides: { systemRoots: () => [registry.caPem] } }, async (service) => {
      expect((await failureOfCall(service.resolve(image))).reason).to.equal('AUTH_REFUSED');
      expect(countersOf(await service.metrics())).to.include.members([
        'trust_steps{step="mounted-ca",outcome="skipped"} 2',
        'token_requests{outcome="refused"} 1',
        'resolutions{source="none",outcome="AUTH_REFUSED"} 1',
      ]);
    });
  });
});

/** Lines of the counters that a resolution has to do with, without the prefix and suffix that all have. */
function countersOf(metrics: string): readonly string[] {
  return metrics.split('\n').flatMap((line) => {
    const [, name = '', labelsAndValue = ''] = /^function_runner_(\w+)_total(\{.*)$/.exec(line) ?? [];
    return names.includes(name) ? [name + labelsAndValue] : [];
  });
}
