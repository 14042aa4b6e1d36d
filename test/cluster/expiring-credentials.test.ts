import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  protocol,
  providerConfig,
  type ProviderPrograms,
  providerPrograms,
} from '../credentials/provider/provider-programs.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { startTokenProxy, tokenCommand, type TokenProxy } from '../support/token-proxy.ts';
import { openLoop, type OpenLoop } from './stage/open-loop.ts';
import { echoName } from './stage/stage-images.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';
import { podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';

const lifeMs = 20_000;
const pods = `/api/v1/namespaces/${podNamespace}/pods`;
const secrets = `/api/v1/namespaces/${podNamespace}/secrets`;
const rows = [
  { role: 'ours', title: 'our', forMs: 60_000 },
  { role: 'porch', title: "Porch's own", forMs: 30_000 },
] as const;

for (const { role, title, forMs } of rows) {
  describe(`logins of a provider that live 20 s, while pods come and go for ${String(forMs / 1000)} s, under ${title} Role`, function () {
    requires(...stageNeeds);
    this.timeout(60_000);
    let stage: Stage;
    let proxy: TokenProxy;
    let programs: ProviderPrograms;
    let service: TestService;
    let load: OpenLoop;
    let elapsedMs = 0;
    let deleted = 0;
    const opened: { stop(): Promise<void> }[] = [];

    before(async function () {
      this.timeout(stageTimeoutMs);
      proxy = await startTokenProxy();
      opened.push(proxy);
      const components = role === 'ours' ? ['generated-pull-secrets'] : [];
      stage = await startStage(role, components, [{ authority: proxy.authority }]);
      opened.push(stage);
      proxy.lead(stage.access);
      programs = await providerPrograms({ cloud: cloudScript(proxy.authority) });
      opened.push({ stop: async () => programs.remove() });
      const config = join(programs.folder, 'config.json');
      await writeFile(config, providerConfig({ name: 'cloud', matchImages: [proxy.authority] }));
      service = await startStageService(stage, [
        `--image-credential-provider-config=${config}`,
        `--image-credential-provider-bin-dir=${programs.folder}`,
        `--insecure-registries=${proxy.authority}`,
        '--image-pull-policy=Always',
        '--scan-interval=2s',
      ]);
      opened.push(service);
      await run();
    });

    after(async () => {
      for (const part of opened.toReversed()) await part.stop();
      expect(stage.node.errors).to.deep.equal([]);
    });

    const run = async (): Promise<void> => {
      const over = new AbortController();
      const startedMs = performance.now();
      const image = `${proxy.authority}/${echoName}`;
      const loading = openLoop(5, over.signal, async () => {
        const answer = await service.porchEvaluate(image, resourceList, { deadlineMs: 30_000 });
        if (answer.resourceList.toString() !== resourceList) throw new Error('wrong answer');
      });
      while (performance.now() - startedMs < forMs) {
        await wait(3000);
        deleted += await deletePods();
      }
      over.abort();
      load = await loading;
      elapsedMs = performance.now() - startedMs;
    };
    const deletePods = async (): Promise<number> => {
      const items = jsonList(await stage.cluster.admin.must('GET', pods), 'items');
      for (const pod of items) {
        await stage.cluster.admin.request('DELETE', `${pods}/${String(jsonAt(pod, 'metadata', 'name'))}`);
      }
      return items.length;
    };

    it('fail no evaluation', () => {
      expect(load.failures).to.deep.equal([]);
      expect(load.begun).to.be.above(forMs / 250);
    });

    it('let every new pod pull', () => {
      const pulls = stage.node.pulls.filter(({ image }) => image.startsWith(proxy.authority));
      expect(deleted).to.be.at.least(forMs / 4000 - 2);
      expect(pulls.length).to.be.at.least(deleted);
      expect(pulls.filter(({ succeeded }) => !succeeded)).to.deep.equal([]);
      expect(proxy.seen.good).to.be.above(pulls.length);
      expect(proxy.seen.ended, 'tokens that were shown after their end').to.equal(0);
    });

    it('are asked for no oftener than after 80 % of their life', async () => {
      const runs = (await programs.asked('cloud')).length;
      expect(runs).to.be.at.most(Math.floor(elapsedMs / (lifeMs * 0.8)) + 1);
      expect(runs).to.be.at.least(Math.floor(forMs / lifeMs));
    });

    it('stand in one secret, which says when the login ends', async () => {
      const items = jsonList(await stage.cluster.admin.must('GET', secrets), 'items');
      const names = items.map((secret) => String(jsonAt(secret, 'metadata', 'name')));
      const generated = names.filter((name) => /^registry-auth-secret-[0-9a-f]{16}$/.test(name));
      expect(generated).to.have.length(1);
      const secret = items[names.indexOf(generated[0] ?? '')];
      const endsAt = String(jsonAt(secret, 'metadata', 'annotations', 'fn.kpt.dev/expires-at'));
      const data = Buffer.from(String(jsonAt(secret, 'data', '.dockerconfigjson')), 'base64').toString();
      const auth = Buffer.from(String(jsonAt(JSON.parse(data), 'auths', proxy.authority, 'auth')), 'base64').toString();
      const [, tokenEndMs] = /^AWS:(\d+)\./.exec(auth) ?? [];
      expect(Date.parse(endsAt)).to.be.closeTo(Number(tokenEndMs), 1000);
    });
  });
}

/** Like the plugin of a cloud: it notes what it is asked, and gives a new token. */
function cloudScript(authority: string): string {
  const answer = {
    kind: 'CredentialProviderResponse',
    apiVersion: protocol,
    cacheKeyType: 'Registry',
    cacheDuration: `${String(lifeMs / 1000)}s`,
    auth: { [authority]: { username: 'AWS', password: 'TOKEN' } },
  };
  return `cat >> "$log"\ntoken=$(${tokenCommand(lifeMs)})\necho '${JSON.stringify(answer)}' | sed "s/TOKEN/$token/"`;
}
