import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { type DocTask, flagsOf, readTasks, runShellBlocks, type TaskPlace } from '../docs/doc-tasks.ts';
import { shims } from '../docs/shims.ts';
import { clusterPrograms } from '../support/cluster/cluster-programs.ts';
import { cosignProgram } from '../support/cosign/cosign-program.ts';
import { eventually } from '../support/eventually.ts';
import { dockerConfigJson } from '../support/mounted-secret.ts';
import type { ProgramResult } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { build } from '../wrapper/go-build.ts';
import { programImage, pushImage } from './stage/stage-images.ts';
import {
  login,
  podNamespace,
  runnerAccount,
  runnerNamespace,
  type Stage,
  stageNeeds,
  stageTimeoutMs,
  startStage,
} from './stage/stage.ts';
import { resourceList, startStageService } from './stage/stage-service.ts';

/** Tasks whose shell blocks and flags, taken together, are all that a guarded function needs. */
const sufficient: readonly string[] = [
  'Link a pull secret to the service account, once, for all functions',
  'Give one function a pull secret',
  'Use several registries with several secrets',
];

const functionName = 'team/private-fn:v1';
const signedName = 'team/fn:v1';

describe('the tasks of docs/private-registries.md on a cluster', function () {
  requires(...stageNeeds, 'cosign');
  this.timeout(90_000);
  let tasks: ReadonlyMap<string, DocTask>;
  let stage: Stage;
  let bin: TempFolder;
  let folder: TempFolder;
  let place: TaskPlace;

  before(async function () {
    this.timeout(stageTimeoutMs);
    tasks = await readTasks('docs/private-registries.md');
    stage = await startStage('ours');
    const image = await programImage((await build()).echo);
    for (const name of [functionName, signedName]) await pushImage(image, name, stage.access);
    const { kubectl } = await clusterPrograms();
    bin = await shims({ kubectl, cosign: await cosignProgram() });
    folder = await tempFolder('doc-tasks');
    await writeFile(
      join(folder.path, 'key.json'),
      '{\n  "type": "service_account",\n  "private_key": "-----\\n:"\n}\n',
    );
    await mkdir(join(folder.path, '.docker'));
    const logins = { [stage.registry.authority]: `${login.name}:${login.password}` };
    await writeFile(join(folder.path, '.docker', 'config.json'), dockerConfigJson(logins));
    place = {
      cwd: folder.path,
      env: {
        PATH: `${bin.path}:${process.env['PATH'] ?? ''}`,
        KUBECONFIG: stage.cluster.adminKubeconfig,
        HOME: folder.path,
        DOCKER_CONFIG: '',
        SSL_CERT_FILE: stage.tls.file('ca.crt'),
        USERNAME: login.name,
        PASSWORD: login.password,
      },
      substitutes: [
        ['registry.example.com', stage.registry.authority],
        ['-f manifests/', `-f ${resolve('manifests')}/`],
      ],
    };
    await done('Let the service read pull secrets');
  });

  after(async () => {
    await stage.stop();
    await bin.remove();
    await folder.remove();
  });

  afterEach(async () => {
    await kubectl('delete', 'pods,secrets,functionconfigs', '--all', '--now', '--wait=false');
    await kubectl('patch', 'serviceaccount', 'default', '--patch', '{"imagePullSecrets":null}');
  });

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await stage.cluster.kubectl([...args, '--namespace', podNamespace]);
    expect(exitCode, stderr).to.equal(0);
    return stdout;
  };

  const taskOf = (title: string): DocTask => tasks.get(title) ?? expect.fail(`no task "${title}"`);

  const done = async (title: string): Promise<readonly ProgramResult[]> => {
    const results = await runShellBlocks(taskOf(title), place);
    for (const { exitCode, stderr } of results) expect(exitCode, stderr).to.equal(0);
    return results;
  };

  /** What the function answers that runs with the task's flags, and with no other credentials than the task's. */
  const evaluated = async (title: string): Promise<string> => {
    const flags = flagsOf(taskOf(title), place.substitutes);
    const service = await startStageService(stage, ['--enable-private-registries=false', ...flags]);
    try {
      const answer = await service.porchEvaluate(stage.image(functionName), resourceList);
      return answer.resourceList.toString();
    } finally {
      await service.stop();
    }
  };

  for (const title of sufficient)
    it(`let a guarded function run: ${title}`, async () => {
      await done(title);
      expect(await evaluated(title)).to.equal(resourceList);
    });

  it('leave it out without them', async () => {
    const title = 'Choose when nodes pull';
    const failure: unknown = await evaluated(title).catch((error: unknown) => error);
    expect(failure)
      .to.be.an('error')
      .with.property('message')
      .that.matches(/AUTH|credentials/);
  });

  it('sign a function, and find it signed', async () => {
    const [signed] = await done('Run signed functions only');
    expect(signed?.stdout).to.match(/^signed by +cosign\.pub$/m);
  });

  it('let the service make pull secrets of any name', async () => {
    const may = async (): Promise<string> => {
      const account = `system:serviceaccount:${runnerNamespace}:${runnerAccount}`;
      const question = ['auth', 'can-i', 'create', 'secrets', `--as=${account}`, `--namespace=${podNamespace}`];
      return (await stage.cluster.kubectl(question)).stdout.trim();
    };
    expect(await may()).to.equal('no');
    await done("Use the cloud's own credentials");
    await eventually('the Role counts', 10_000, async () => (await may()) === 'yes');
  });

  it('store the JSON key as it is, and link its secret once', async () => {
    await done("Use a JSON key of Google's registries");
    const template = 'go-template={{index .data ".dockerconfigjson" | base64decode}}';
    const secret = await kubectl('get', 'secret', 'gcr', '--output', template);
    expect(secret).to.include('service_account').and.include('_json_key');
    const [linked] = await done('Add a secret to the default service account');
    expect(linked?.stdout).to.match(/already/);
    const account = await kubectl('get', 'serviceaccount', 'default', '--output', 'jsonpath={.imagePullSecrets}');
    expect(account).to.equal('[{"name":"gcr"}]');
  });
});
