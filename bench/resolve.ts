/**
 * `resolve` against `skopeo inspect --config`, on the same images of the same docker-registry (TLS of a private CA,
 * Basic authentication), in turns: first as processes, then skopeo against the running service. Every image is resolved
 * for the first time, so no cache of ours answers.
 */
import { createAuthority } from '../examples/registry/certificates.ts';
import { buildImage, buildIndex } from '../examples/registry/image.ts';
import type { ImageIndex } from '../examples/registry/image.ts';
import { pushImage } from '../examples/registry/push.ts';
import { startDockerRegistry } from '../test/support/docker-registry.ts';
import { dockerConfigJson, mountSecret } from '../test/support/mounted-secret.ts';
import { runProgram } from '../test/support/program.ts';
import { compiledProgram } from './compiled.ts';
import { startCompiled } from './running-service.ts';
import { median, milliseconds, timedMs } from './statistics.ts';

const rounds = 20;
const user = { username: 'joe', password: 'a:b' };
const program = await compiledProgram();
const ca = await createAuthority();
const registry = await startDockerRegistry({
  tls: await ca.issue({ ipAddresses: ['127.0.0.1'] }),
  users: { [user.username]: user.password },
});
const secret = await mountSecret({
  '.dockerconfigjson': dockerConfigJson({ [registry.authority]: `${user.username}:${user.password}` }),
  'ca.crt': ca.certificatePem,
});
const flags = [
  '--enable-private-registries',
  `--registry-auth-secret-path=${secret.file('.dockerconfigjson')}`,
  '--enable-private-registries-tls',
  `--tls-secret-path=${secret.path}`,
];

const names = Array.from({ length: rounds }, (_, n) => `team/fn-${String(n)}`);
for (const name of names) {
  await pushImage(registry.authority, name, 'v1', await indexOf(name), { auth: user, ca: ca.certificatePem });
}
await compare('process', async (image) => run(process.execPath, [program, 'resolve', image, ...flags]));
const service = await startCompiled(program, flags);
await compare('in the service', async (image) => service.client.resolveImage({ image }));
await service.stop();
await registry.stop();
await secret.remove();

async function compare(what: string, ours: (image: string) => Promise<unknown>): Promise<void> {
  const oursMs: number[] = [];
  const skopeoMs: number[] = [];
  for (const name of names) {
    const image = `${registry.authority}/${name}:v1`;
    oursMs.push(await timedMs(async () => ours(image)));
    skopeoMs.push(await timedMs(async () => skopeoInspect(image)));
  }
  const ratio = median(oursMs) / median(skopeoMs);
  console.log(`resolve, ${what}: medians of ${String(rounds)}`);
  console.log(`  function-runner            ${milliseconds(median(oursMs))}`);
  console.log(`  skopeo inspect --config    ${milliseconds(median(skopeoMs))}`);
  console.log(`  ratio                      ${ratio.toFixed(2)}`);
}

async function skopeoInspect(image: string): Promise<void> {
  const access = ['--cert-dir', secret.path, '--creds', `${user.username}:${user.password}`];
  await run('skopeo', ['inspect', '--config', ...access, `docker://${image}`]);
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const result = await runProgram(command, args);
  if (result.exitCode !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${result.stdout}${result.stderr}`);
}

async function indexOf(name: string): Promise<ImageIndex> {
  const images = [];
  for (const architecture of ['amd64', 'arm64']) {
    images.push(await buildImage({ entrypoint: [`/${name}`], platform: { os: 'linux', architecture } }));
  }
  return buildIndex(images);
}
