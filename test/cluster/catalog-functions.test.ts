import { expect } from 'chai';
import { parse } from 'yaml';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { applyReplacementsName, setNamespaceName, starlarkName } from './stage/stage-images.ts';
import { startStageService } from './stage/stage-service.ts';
import { type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { host: 'db.example' } };
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 1 } };

interface CatalogCall {
  readonly image: string;
  readonly functionConfig: object;
  /** Path into the answer's Deployment, and what has to stand there. */
  readonly path: readonly string[];
  readonly value: unknown;
}

const calls: readonly CatalogCall[] = [
  {
    image: setNamespaceName,
    functionConfig: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'to' }, data: { namespace: 'prod' } },
    path: ['metadata', 'namespace'],
    value: 'prod',
  },
  {
    image: applyReplacementsName,
    functionConfig: {
      apiVersion: 'fn.kpt.dev/v1alpha1',
      kind: 'ApplyReplacements',
      metadata: { name: 'replacements' },
      replacements: [
        {
          source: { kind: 'ConfigMap', name: 'settings', fieldPath: 'data.host' },
          targets: [
            {
              select: { kind: 'Deployment', name: 'web' },
              fieldPaths: ['metadata.annotations.host'],
              options: { create: true },
            },
          ],
        },
      ],
    },
    path: ['metadata', 'annotations', 'host'],
    value: 'db.example',
  },
  {
    image: starlarkName,
    functionConfig: {
      apiVersion: 'fn.kpt.dev/v1alpha1',
      kind: 'StarlarkRun',
      metadata: { name: 'replicas' },
      source: 'for r in ctx.resource_list["items"]:\n  if r["kind"] == "Deployment":\n    r["spec"]["replicas"] = 7\n',
    },
    path: ['spec', 'replicas'],
    value: 7,
  },
];

describe('functions of the catalog, in pods', function () {
  requires(...stageNeeds);
  this.timeout(60_000);
  let stage: Stage;
  let service: TestService;

  before(async function () {
    this.timeout(stageTimeoutMs);
    stage = await startStage('ours');
    service = await startStageService(stage);
  });

  after(async () => {
    await service.stop();
    await stage.stop();
  });

  for (const { image, functionConfig, path, value } of calls) {
    it(`${image} sets ${path.join('.')} to ${String(value)}`, async () => {
      const list = {
        apiVersion: 'config.kubernetes.io/v1',
        kind: 'ResourceList',
        functionConfig,
        items: [configMap, deployment],
      };
      const answer = await service.porchEvaluate(stage.image(image), JSON.stringify(list));
      const output: unknown = parse(answer.resourceList.toString());
      const changed = jsonList(output, 'items').find((item) => jsonAt(item, 'kind') === 'Deployment');
      expect(jsonAt(changed, ...path)).to.equal(value);
    });
  }
});
