import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunnerClient } from '../../src/rpc/client.ts';
import { diffLines, hunks } from './line-diff.ts';
import type { Narrator } from './narrator.ts';
import { fromResourceList, type PackageFiles, readPackage, toResourceList } from './package-files.ts';
import { preparePrivateRegistry, type PrivateRegistry } from './private-registry.ts';
import type { Scene } from './scene.ts';
import { startServiceProcess } from './service-process.ts';

const examples = fileURLToPath(new URL('../', import.meta.url));
const deadlineMs = 50_000;

/** Shows the main job on real input, step by step; true when the answer is the expected package. Rejects when a step fails. */
export async function quickstart(scene: Scene): Promise<boolean> {
  const registry = await preparePrivateRegistry(scene);
  const client = await startService(scene, registry);
  await resolve(scene, client, registry);
  const before = await readPackage(join(examples, 'package'));
  const after = await evaluate(scene, client, registry, before);
  return compare(scene.narrator, before, after, await readPackage(join(examples, 'package-expected')));
}

async function startService(scene: Scene, registry: PrivateRegistry): Promise<RunnerClient> {
  const flags = ['--runtime=local', `--image-store=${join(scene.folder, 'images')}`, ...registry.flags];
  const service = await startServiceProcess(flags, scene.signal);
  scene.cleanup.defer(async () => service.stop());
  const client = new RunnerClient(service.address);
  scene.cleanup.defer(() => {
    client.close();
  });
  scene.narrator.step(`Service: gRPC on ${service.address}, taking calls after ${milliseconds(service.startMs)}`);
  return client;
}

async function resolve({ narrator, signal }: Scene, client: RunnerClient, registry: PrivateRegistry): Promise<void> {
  const before = registry.requestCount();
  const answer = await client.resolveImage({ image: registry.image }, { deadlineMs, signal });
  const requests = registry.requestCount() - before;
  narrator.step(`Resolved in ${milliseconds(answer.elapsedMs)} by ${String(requests)} requests: ${answer.digest}`);
  narrator.more(`connection ${answer.connection}, credential ${answer.credential}, for ${answer.platforms.join(', ')}`);
  narrator.more(`command ${[...answer.entrypoint, ...answer.cmd].join(' ')}`);
}

async function evaluate(
  { narrator, signal }: Scene,
  client: RunnerClient,
  { image }: PrivateRegistry,
  before: PackageFiles,
): Promise<PackageFiles> {
  const resourceList = Buffer.from(toResourceList(before, { namespace: 'prod' }));
  const timed = async (): Promise<{ answer: Buffer; elapsedMs: number }> => {
    const startedAt = performance.now();
    const { resourceList: answer } = await client.evaluateFunction({ image, resourceList }, { deadlineMs, signal });
    return { answer, elapsedMs: performance.now() - startedAt };
  };
  const first = await timed();
  const second = await timed();
  const { files, messages } = fromResourceList(first.answer.toString('utf8'));
  narrator.step(
    `Evaluated examples/package with namespace=prod in ${milliseconds(first.elapsedMs)}, pull and unpacking included;`,
  );
  narrator.more(`the same once more in ${milliseconds(second.elapsedMs)}`, ...messages);
  return files;
}

function compare(narrator: Narrator, before: PackageFiles, after: PackageFiles, expected: PackageFiles): boolean {
  narrator.step('What changed in the package:');
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const changes = hunks(diffLines(before.get(name) ?? '', after.get(name) ?? ''), 2);
    if (changes.length > 0) narrator.diff(`examples/package/${name}`, changes);
  }
  const differing = [...new Set([...after.keys(), ...expected.keys()])].filter(
    (name) => after.get(name) !== expected.get(name),
  );
  if (differing.length === 0) narrator.step('This is exactly examples/package-expected.');
  else narrator.step(`This is NOT examples/package-expected; what differs: ${differing.join(', ')}.`);
  return differing.length === 0;
}

function milliseconds(value: number): string {
  return `${String(Math.round(value))} ms`;
}
