import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { GrpcFailure } from '../../../src/rpc/grpc-failure.ts';
import { ofKind, renderedManifests } from '../../support/cluster/rendered-manifests.ts';
import { jsonAt, jsonList } from '../../support/json-at.ts';
import { type MountedSecret, mountSecret } from '../../support/mounted-secret.ts';
import type { ProgramResult } from '../../support/program.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { type DeployedRunner, startDeployedRunner } from './deployed-runner.ts';
import { runnerNamespace, type Stage } from './stage.ts';

/** The complete example of Porch's document; see there. */
export const exampleFile = 'test/cluster/stage/porch-example/deployment.yaml';
const deployment = ['deployment', 'function-runner', `--namespace=${runnerNamespace}`];

/** As the document has it: from a file of docker's. */
export async function createAuthSecret({ cluster }: Stage, configJson: string): Promise<ProgramResult> {
  const folder = await tempFolder('docker-config');
  try {
    const file = join(folder.path, 'config.json');
    await writeFile(file, configJson);
    const [name, type] = ['registry-auth-secret', 'kubernetes.io/dockerconfigjson'];
    const from = [`--from-file=.dockerconfigjson=${file}`, `--type=${type}`];
    return await cluster.kubectl(['create', 'secret', 'generic', name, ...from, `--namespace=${runnerNamespace}`]);
  } finally {
    await folder.remove();
  }
}

/** Answers as the API server does: the document's own type asks for more than one key. */
export async function createTlsSecret(
  { cluster }: Stage,
  type: string,
  stringData: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const secret = { metadata: { name: 'registry-tls-secret' }, type, stringData };
  return cluster.admin.request('POST', `/api/v1/namespaces/${runnerNamespace}/secrets`, secret);
}

/** A Deployment without any of it, then the example patched in. */
export async function patchDeployment({ cluster }: Stage): Promise<ProgramResult> {
  const [base] = ofKind(await renderedManifests('manifests/pods'), 'Deployment');
  await cluster.apply(stringify(base));
  return cluster.kubectl(['patch', ...deployment, `--patch-file=${exampleFile}`]);
}

/** The Deployment as the API server has it. */
export async function readDeployment({ cluster }: Stage): Promise<unknown> {
  const path = `/apis/apps/v1/namespaces/${runnerNamespace}/deployments/function-runner`;
  return cluster.admin.must('GET', path);
}

export interface ExampleChanges {
  /** Flags instead of those of the Deployment. */
  readonly args?: (args: readonly string[]) => readonly string[];
  /** Name of a volume to leave out. */
  readonly withoutVolume?: string;
  /** Another path of a volume, by name. */
  readonly mountPaths?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs our program as the container of the Deployment, its secrets mounted as a kubelet does. */
export async function startExample(stage: Stage, changes: ExampleChanges = {}): Promise<DeployedRunner> {
  const { args = (given) => given, withoutVolume, mountPaths = {}, env } = changes;
  const pod = jsonAt(await readDeployment(stage), 'spec', 'template', 'spec');
  const container = jsonAt(pod, 'containers', 0);
  const folders: MountedSecret[] = [];
  const mounts: Record<string, string> = {};
  for (const mount of jsonList(container, 'volumeMounts')) {
    const name = String(jsonAt(mount, 'name'));
    const volume = jsonList(pod, 'volumes').find((each) => jsonAt(each, 'name') === name);
    const secretName = jsonAt(volume, 'secret', 'secretName');
    if (typeof secretName !== 'string' || name === withoutVolume) continue;
    const folder = await mountSecret(await filesOf(stage, secretName));
    folders.push(folder);
    mounts[mountPaths[name] ?? String(jsonAt(mount, 'mountPath'))] = folder.path;
  }
  const removeAll = async (): Promise<void> => {
    for (const folder of folders) await folder.remove();
  };
  try {
    const given = jsonList(container, 'args').map(String);
    // Nobody sends it calls while it stops.
    const flags = [...args(given), '--drain-delay=0s'];
    const runner = await startDeployedRunner(stage, { args: flags, mounts, ...(env && { env }) });
    const stop = async (): Promise<number> => {
      const exitCode = await runner.stop();
      await removeAll();
      return exitCode;
    };
    return { ...runner, stop };
  } catch (error) {
    await removeAll();
    throw error;
  }
}

/** Uses such a runner, and stops it. */
export async function withExample(
  stage: Stage,
  changes: ExampleChanges,
  use: (runner: DeployedRunner) => Promise<void>,
): Promise<void> {
  const runner = await startExample(stage, changes);
  await use(runner).catch(async (error: unknown) => {
    await runner.stop();
    throw error;
  });
  const exitCode = await runner.stop();
  if (exitCode !== 0) throw new Error(`the runner ended with exit code ${String(exitCode)}`);
}

/** How such a runner finds an image, like `mounted-ca KEY`; else why not. */
export async function resolvedBy(stage: Stage, changes: ExampleChanges, image: string): Promise<string> {
  let result = '';
  await withExample(stage, changes, async ({ client }) => {
    result = await client.resolveImage({ image }, { deadlineMs: 20_000 }).then(
      ({ connection, credential }) => `${connection} ${credential}`,
      (error: unknown) => (error instanceof GrpcFailure ? error.reason : String(error)),
    );
  });
  return result;
}

/** Leaves a flag out of those that have it. */
export function without(flag: string): (args: readonly string[]) => readonly string[] {
  return (args) => {
    const rest = args.filter((arg) => !arg.startsWith(`${flag}=`));
    if (rest.length !== args.length - 1) throw new Error(`${flag} is not there once`);
    return rest;
  };
}

/** The steps that were tried, and not only passed over. */
export function triedSteps({ attempts }: GrpcFailure): readonly string[] {
  return attempts.filter(({ outcome }) => outcome !== 'skipped').map(({ step }) => step);
}

async function filesOf({ cluster }: Stage, name: string): Promise<Readonly<Record<string, string>>> {
  const secret = await cluster.admin.must('GET', `/api/v1/namespaces/${runnerNamespace}/secrets/${name}`);
  const data = jsonAt(secret, 'data');
  const entries = typeof data === 'object' && data !== null ? Object.entries(data) : [];
  return Object.fromEntries(entries.map(([key, text]) => [key, Buffer.from(String(text), 'base64').toString()]));
}
