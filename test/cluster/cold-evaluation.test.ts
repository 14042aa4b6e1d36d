import { expect } from 'chai';
import type { ApiRequest } from '../support/cluster/audit-log.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { echoName, setNamespaceName } from './stage/stage-images.ts';
import { type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';

for (const role of ['ours', 'porch'] as const) {
  describe(`a cold evaluation under ${role === 'ours' ? 'our' : "Porch's own"} Role`, function () {
    requires(...stageNeeds);
    this.timeout(60_000);
    let stage: Stage;
    let service: TestService;

    before(async function () {
      this.timeout(stageTimeoutMs);
      stage = await startStage(role);
      service = await startStageService(stage);
    });

    after(async () => {
      await service.stop();
      await stage.stop();
      expect(stage.node.errors).to.deep.equal([]);
    });

    for (const name of [echoName, setNamespaceName]) {
      it(`only creates its pod: ${name}`, async () => {
        const before = (await requests()).length;
        await service.porchEvaluate(stage.image(name), resourceList);
        await service.porchEvaluate(stage.image(name), resourceList);
        const made = (await requests()).slice(before);
        expect(made.map(shown)).to.deep.equal(['create pods 201']);
      });
    }

    it('looks at nothing that it does not watch, and is refused nothing', async () => {
      const all = await requests();
      expect(all.filter(({ verb, resource }) => verb === 'get' && resource !== 'secrets')).to.deep.equal([]);
      expect(all.filter(({ status }) => status === 403)).to.deep.equal([]);
    });

    /** The lease is renewed, and a secret that may not be watched is read, every five seconds, calls or none. */
    async function requests(): Promise<readonly ApiRequest[]> {
      const all = await stage.cluster.requests(stage.user);
      const isSteady = ({ verb, resource }: ApiRequest): boolean => {
        return resource === 'leases' || (role === 'porch' && verb === 'get' && resource === 'secrets');
      };
      return all.filter((request) => request.verb !== 'watch' && !isSteady(request));
    }
  });
}

function shown({ verb, resource, status }: ApiRequest): string {
  return `${verb} ${resource} ${String(status)}`;
}
