import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { podMarks } from '../../src/pods/pod-marks.ts';
import { eventually } from '../support/eventually.ts';
import { jsonAt, jsonList } from '../support/json-at.ts';
import { requires } from '../support/requires.ts';
import type { TestService } from '../support/service.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { echoName, setNamespaceName } from './stage/stage-images.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';
import { podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';

const pods = `/api/v1/namespaces/${podNamespace}/pods`;
const configs = `/apis/config.porch.kpt.dev/v1alpha1/namespaces/${podNamespace}/functionconfigs`;

describe('what is configured about functions', function () {
  requires(...stageNeeds);
  this.timeout(60_000);
  let stage: Stage;
  let folder: TempFolder;
  let service: TestService;

  before(async function () {
    this.timeout(stageTimeoutMs);
    folder = await tempFolder('warm-up');
    stage = await startStage('ours');
    await configure('echo', { image: 'echo', prefixes: [prefix()], podExecutor: { tags: ['v1'], timeToLive: '7m' } });
    const cacheFile = join(folder.path, 'pod-cache.yaml');
    await writeFile(cacheFile, `${stage.image(setNamespaceName)}: 90m\n`);
    const program = join(folder.path, 'shout');
    await writeFile(program, "#!/bin/sh\nsed 's/old/SHOUTED/'\n");
    await chmod(program, 0o755);
    service = await startStageService(stage, [`--pod-cache-config=${cacheFile}`, `--functions=${folder.path}`]);
  });

  after(async () => {
    await service.stop();
    await stage.stop();
    await folder.remove();
  });

  const prefix = (): string => `${stage.registry.authority}/functions`;

  const configure = async (name: string, spec: object): Promise<void> => {
    const metadata = { name, namespace: podNamespace };
    await stage.cluster.admin.must('POST', configs, {
      apiVersion: 'config.porch.kpt.dev/v1alpha1',
      kind: 'FunctionConfig',
      metadata,
      spec,
    });
  };

  /** The one pod of an image, once it is ready. */
  const podOf = async (image: string): Promise<unknown> => {
    let pod: unknown;
    await eventually(`a ready pod of ${image}`, 20_000, async () => {
      const list = await stage.cluster.admin.must('GET', pods);
      const found = jsonList(list, 'items').filter(
        (one) => jsonAt(one, 'metadata', 'annotations', podMarks.requestedImage) === image,
      );
      expect(found).to.have.length.below(2);
      [pod] = found;
      return jsonAt(pod, 'status', 'containerStatuses', 0, 'ready') === true;
    });
    return pod;
  };

  const ttlOf = (pod: unknown): unknown => jsonAt(pod, 'metadata', 'annotations', podMarks.ttlMs);

  it('starts the pod of a FunctionConfig ahead, with its time to live', async () => {
    expect(ttlOf(await podOf(stage.image(echoName)))).to.equal(String(7 * 60_000));
  });

  it('starts the pod of --pod-cache-config ahead, with its time to live', async () => {
    expect(ttlOf(await podOf(stage.image(setNamespaceName)))).to.equal(String(90 * 60_000));
  });

  it('has the first call run in the pod that is there', async () => {
    const pod = await podOf(stage.image(echoName));
    await service.porchEvaluate(stage.image(echoName), resourceList);
    expect(jsonAt(await podOf(stage.image(echoName)), 'metadata', 'uid')).to.equal(jsonAt(pod, 'metadata', 'uid'));
  });

  it('starts the pod of a FunctionConfig that is made later', async () => {
    await configure('broken', { image: 'broken', prefixes: [prefix()], podExecutor: { tags: ['v1'] } });
    await podOf(stage.image('functions/broken:v1'));
  });

  it('starts no pod of a registry that is not among --allowed-registries', async () => {
    const cacheFile = join(folder.path, 'elsewhere.yaml');
    await writeFile(cacheFile, 'registry.invalid/functions/echo:v1: 90m\n');
    const strict = await startStageService(stage, [
      `--pod-cache-config=${cacheFile}`,
      `--allowed-registries=${stage.registry.authority}/functions`,
    ]);
    try {
      await eventually('a refusal', 10_000, () =>
        strict.logLines.some((line) => line.includes('REGISTRY_NOT_ALLOWED')),
      );
      const [line] = strict.logLines.filter((each) => each.includes('REGISTRY_NOT_ALLOWED'));
      expect(line).to.include('function pod cannot be started ahead').and.include('registry.invalid/functions/echo');
      await strict.porchEvaluate(stage.image(echoName), resourceList);
    } finally {
      await strict.stop();
    }
  });

  it('runs the executable that a FunctionConfig names instead of the image', async () => {
    await configure('shout', { image: 'shout', prefixes: [prefix()], binaryExecutor: { tags: ['v1'], path: 'shout' } });
    let output = '';
    await eventually('an answer', 10_000, async () => {
      const answer = await service
        .porchEvaluate(stage.image('functions/shout:v1'), resourceList)
        .catch(() => undefined);
      output = answer?.resourceList.toString() ?? '';
      return answer !== undefined;
    });
    expect(output).to.include('namespace: SHOUTED');
  });
});
