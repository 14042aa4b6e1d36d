import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Authority, createAuthority } from '../../examples/registry/certificates.ts';
import { buildImage, buildIndex } from '../../examples/registry/image.ts';
import { buildLayer } from '../../examples/registry/layer.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { type Registry, startRegistry } from '../../examples/registry/registry.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { type RegistryAccess, skopeoInspect } from '../support/skopeo.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';

const user = { name: 'ann', password: 'a:b:c' };
const files = [{ kind: 'file', path: 'bin/function', content: '#!/bin/sh\ncat\n', mode: 0o755 }] as const;
const image = await buildImage({
  layers: [await buildLayer([{ kind: 'directory', path: 'etc' }], 'none')],
  files,
  entrypoint: ['/bin/function'],
  cmd: ['--quiet'],
  env: ['A=1'],
  user: '65532',
  workingDir: '/etc',
});
const arm = await buildImage({
  files,
  entrypoint: ['/bin/function'],
  platform: { os: 'linux', architecture: 'arm64' },
});
const images = [
  { title: 'an OCI image', image },
  { title: 'a Docker image', image: await buildImage({ files, entrypoint: ['/bin/function'], format: 'docker' }) },
  { title: 'an OCI index', image: buildIndex([image, arm]) },
] as const;

describe('skopeo and the example registry', () => {
  requires('skopeo');
  let authority: Authority;
  let registry: Registry;
  let folder: TempFolder;
  let access: RegistryAccess;

  before(async () => {
    authority = await createAuthority();
    registry = await startRegistry({
      tls: await authority.issue({ ipAddresses: ['127.0.0.1'] }),
      users: { [user.name]: user.password },
    });
    folder = await tempFolder('skopeo-layout');
    access = { authority: registry.address, caPem: authority.certificatePem, user };
  });

  after(async () => {
    await registry.stop();
    await folder.remove();
  });

  for (const [index, { title, image: pushed }] of images.entries()) {
    const repository = `ours/${String(index)}`;

    it(`agree on ${title} that we pushed: digest, manifest and configuration`, async () => {
      const auth = { username: user.name, password: user.password };
      await pushImage(registry.address, repository, 'v1', pushed, { ca: authority.certificatePem, auth });
      const report = await skopeoInspect(`${repository}:v1`, access);
      expect(report.digest).to.equal(pushed.manifest.digest);
      expect(report.raw).to.equal(pushed.manifest.bytes.toString());
      const config: unknown = JSON.parse(report.config);
      expect(config).to.have.nested.property('config.Entrypoint[0]', '/bin/function');
    });

    it(`carry ${title} out and in again with its digests`, async () => {
      const copy = `dir:${join(folder.path, String(index))}`;
      await skopeoCopy('src', `docker://${registry.address}/${repository}:v1`, copy);
      await skopeoCopy('dest', copy, `docker://${registry.address}/again/${String(index)}:v1`);
      const report = await skopeoInspect(`again/${String(index)}:v1`, access);
      expect(report.digest).to.equal(pushed.manifest.digest);
      expect(report.raw).to.equal(pushed.manifest.bytes.toString());
    });
  }

  /** One side of the copy is our registry. */
  async function skopeoCopy(side: 'src' | 'dest', from: string, to: string): Promise<void> {
    const certificates = join(folder.path, 'certificates');
    await mkdir(certificates, { recursive: true });
    await writeFile(join(certificates, 'ca.crt'), authority.certificatePem);
    const login = [`--${side}-creds`, `${user.name}:${user.password}`, `--${side}-cert-dir`, certificates];
    const flags = ['--insecure-policy', 'copy', '--all', '--preserve-digests', ...login];
    const { exitCode, stderr } = await runProgram('skopeo', [...flags, from, to]);
    expect(exitCode, stderr).to.equal(0);
  }
});
