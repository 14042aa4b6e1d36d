import { expect } from 'chai';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage } from '../../examples/registry/image.ts';
import { functionRunner } from '../support/command-line.ts';
import { startServer, type TestServer } from '../support/http-server.ts';
import { type ResolveAnswer, resolveCommand } from '../support/resolve-command.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { makeSigner } from './made-signatures.ts';
import { addSigned, answer, answersFor, pathOf } from './signature-stage.ts';

describe('the flag --verify-images', function () {
  this.timeout(20_000);
  let folder: TempFolder;

  before(async () => {
    folder = await tempFolder('verify-images');
    await writeFile(join(folder.path, 'a.pem'), makeSigner().publicPem);
    await writeFile(join(folder.path, 'ca.pem'), '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n');
  });

  after(async () => folder.remove());

  it('does not go with images that are not pinned, nor with a wrong pattern', async () => {
    const { exitCode, stderr } = await functionRunner(['--verify-images=a/b=c.pem', '--pin-image-digest=false']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('--pin-image-digest: cannot be off with --verify-images');
    expect(stderr).to.include('--verify-images: "a/b" names no registry before its path');
  });

  for (const { file, says } of [
    { file: 'missing.pem', says: 'no verification key file' },
    { file: 'ca.pem', says: 'a CERTIFICATE where a PUBLIC KEY is needed' },
  ]) {
    it(`has no image resolved with the key file ${file}`, async () => {
      const path = join(folder.path, file);
      const { exitCode, failure } = await resolveCommand(['127.0.0.1:1/team/fn:v1', `--verify-images=${path}`]);
      expect(exitCode).to.equal(1);
      expect(failure['reason']).to.equal('CFG_OPTION');
      expect(failure['message']).to.include(path).and.to.include(says);
    });
  }

  describe('given to resolve', () => {
    let registry: TestServer;
    const signer = makeSigner();

    before(async () => {
      await writeFile(join(folder.path, 'cosign.pub'), signer.publicPem);
      const image = await buildImage({ entrypoint: ['/bin/fn'], platform: { os: 'linux', architecture: 'amd64' } });
      const answers = answersFor(image);
      const { digest } = image.manifest;
      answers.set(pathOf.tag(digest), addSigned(answers, [signer.simple(digest)]));
      registry = await startServer((request, response) => answer(answers, request, response));
    });

    after(async () => registry.stop());

    async function resolve(output: 'json' | 'text', keys: string): Promise<ResolveAnswer> {
      const flags = [`--insecure-registries=${registry.authority}`, '--image-platform=linux/amd64'];
      return resolveCommand([`${registry.authority}/team/fn:v1`, ...flags, `--verify-images=${keys}`], output);
    }

    it('has it say by which key the image is signed', async () => {
      const [other, right] = [join(folder.path, 'a.pem'), join(folder.path, 'cosign.pub')];
      expect((await resolve('json', `${other},${right}`)).answer['signedBy']).to.equal(right);
      expect((await resolve('text', right)).text).to.match(new RegExp(`^signed by +${right}$`, 'm'));
      expect((await resolve('json', `elsewhere.example=${right}`)).answer).to.not.have.property('signedBy');
    });

    it('holds for an image by the address that nodes pull it from', async () => {
      const { authority } = registry;
      const [rule, flags] = [
        `localhost:32000=${join(folder.path, 'a.pem')}`,
        [`--insecure-registries=${authority}`, '--image-platform=linux/amd64'],
      ];
      for (const name of [authority, 'localhost:32000']) {
        const args = [`${name}/team/fn:v1`, ...flags, `--verify-images=${rule}`];
        const { failure } = await resolveCommand([...args, `--run-registry=${authority}=localhost:32000`]);
        expect(failure, name).to.include({ reason: 'SIGNATURE_INVALID' });
      }
    });

    it('has it fail where the image is signed by another key', async () => {
      const { exitCode, failure } = await resolve('json', join(folder.path, 'a.pem'));
      expect(exitCode).to.equal(1);
      expect(failure).to.include({ code: 'PERMISSION_DENIED', reason: 'SIGNATURE_INVALID' });
    });
  });
});
