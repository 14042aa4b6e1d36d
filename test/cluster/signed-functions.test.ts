import { expect } from 'chai';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { buildIndex } from '../../examples/registry/image.ts';
import { type Cosign, type SigningKey, type SigningScheme, startCosign } from '../support/cosign/cosign.ts';
import { eventually } from '../support/eventually.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { type MountedSecret, mountSecret } from '../support/mounted-secret.ts';
import { shellImage } from '../support/node/shell-image.ts';
import { requires } from '../support/requires.ts';
import { startService, type TestService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { systemPath } from '../local/tool-files.ts';
import { copySignature, type PushedImage } from './stage/copied-signature.ts';
import { pushImage } from './stage/stage-images.ts';
import { podNamespace, type Stage, stageNeeds, stageTimeoutMs, startStage } from './stage/stage.ts';
import { startStageService } from './stage/stage-service.ts';

const list = 'apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n';

describe('--verify-images, with the real cosign and a guarded registry', function () {
  requires(...stageNeeds, 'cosign');
  this.timeout(60_000);
  const cleanup = new AsyncDisposableStack();
  let stage: Stage;
  let cosign: Cosign;
  let key: SigningKey;
  let otherKey: SigningKey;
  let keys: MountedSecret;
  let pods: TestService;
  let local: TestService;
  let pushed = 0;

  before(async function () {
    this.timeout(stageTimeoutMs);
    stage = await startStage('ours');
    cleanup.defer(async () => stage.stop());
    cosign = await startCosign(stage.access);
    cleanup.defer(async () => cosign.remove());
    key = await cosign.generateKey();
    otherKey = await cosign.generateKey();
    keys = await mountSecret({ 'cosign.pub': key.publicPem });
    cleanup.defer(async () => keys.remove());
    const store = await tempFolder('signed-functions');
    cleanup.defer(async () => store.remove());
    const verify = `--verify-images=${keys.file('cosign.pub')}`;
    pods = await startStageService(stage, [verify]);
    cleanup.defer(async () => pods.stop());
    local = await startService({
      flags: [
        ...stage.flags.filter((flag) => !/^--(runtime|kubeconfig|pod-namespace)=/.test(flag)),
        '--runtime=local',
        `--image-store=${join(store.path, 'store')}`,
        verify,
      ],
      overrides: { environment: { PATH: systemPath } },
    });
    cleanup.defer(async () => local.stop());
  });

  after(async () => cleanup.disposeAsync());

  /** A function of its own digest, which returns its input; as an index of one platform if wanted. */
  async function newFunction(as: 'image' | 'index' = 'image'): Promise<PushedImage & { readonly image: string }> {
    pushed += 1;
    const image = await shellImage(`cat; : ${String(pushed)}`);
    const content = as === 'index' ? buildIndex([image]) : image;
    const repository = `functions/signed-${String(pushed)}`;
    await pushImage(content, `${repository}:v1`, stage.access);
    return { repository, digest: content.manifest.digest, image: `${stage.registry.authority}/${repository}:v1` };
  }

  async function sign({ repository, digest }: PushedImage, by: SigningKey, scheme?: SigningScheme): Promise<void> {
    await cosign.sign(`${stage.registry.authority}/${repository}@${digest}`, by, scheme);
  }

  async function expectRun(image: string): Promise<void> {
    for (const service of [pods, local]) {
      const answer = await service.porchEvaluate(image, list);
      expect(Buffer.from(answer.resourceList).toString()).to.include('kind: ResourceList');
    }
  }

  async function expectRefused(
    { image, digest }: PushedImage & { readonly image: string },
    reason: string,
    words: readonly string[],
  ): Promise<void> {
    for (const service of [pods, local]) {
      const failure = await grpcFailureOf(service.porchEvaluate(image, list));
      expect(failure).to.include({ status: 'PERMISSION_DENIED', reason });
      for (const word of [digest, keys.file('cosign.pub'), ...words]) expect(failure.message).to.include(word);
      expect(failure.hint).to.include('cosign sign --key');
    }
    const found = await stage.cluster.admin.must('GET', `/api/v1/namespaces/${podNamespace}/pods`);
    expect(JSON.stringify(found)).to.not.include(digest);
  }

  async function expectRefusedNow(image: string): Promise<void> {
    for (const service of [pods, local]) {
      expect((await grpcFailureOf(service.porchEvaluate(image, list))).reason).to.equal('SIGNATURE_INVALID');
    }
  }

  async function eventuallyRuns(image: string): Promise<void> {
    for (const service of [pods, local]) {
      const call = async (): Promise<boolean> =>
        service.porchEvaluate(image, list).then(
          () => true,
          () => false,
        );
      await eventually(`${image} runs`, 15_000, call);
    }
  }

  it('refuses a function that nobody has signed, in pods and locally', async () => {
    await expectRefused(await newFunction(), 'SIGNATURE_MISSING', ['has no cosign signature']);
  });

  for (const scheme of ['tag', 'referrers', 'bundle'] as const) {
    it(`refuses one that is signed with another key: ${scheme}`, async () => {
      const fn = await newFunction();
      await sign(fn, otherKey, scheme);
      await expectRefused(fn, 'SIGNATURE_INVALID', ['one by another key']);
    });

    it(`runs one that is signed with the key: ${scheme}`, async () => {
      const fn = await newFunction();
      await sign(fn, key, scheme);
      await expectRun(fn.image);
    });

    it(`runs one whose index is signed: ${scheme}`, async () => {
      const fn = await newFunction('index');
      await sign(fn, key, scheme);
      await expectRun(fn.image);
    });
  }

  it('refuses one at which the signature of another function was put', async () => {
    const [signed, fn] = [await newFunction(), await newFunction()];
    await sign(signed, key);
    await copySignature(stage.access, signed, fn);
    await expectRefused(fn, 'SIGNATURE_INVALID', [`one by the right key, but of ${signed.digest}`]);
  });

  it('refuses one whose signed payload was changed', async () => {
    const [signed, fn] = [await newFunction(), await newFunction()];
    await sign(signed, key);
    await copySignature(stage.access, signed, fn, (payload) => payload.replace(signed.digest, fn.digest));
    await expectRefused(fn, 'SIGNATURE_INVALID', ['one by another key']);
  });

  it('runs one that was signed by others too', async () => {
    const fn = await newFunction();
    for (const by of [otherKey, key, otherKey]) await sign(fn, by);
    await sign(fn, otherKey, 'bundle');
    await expectRun(fn.image);
  });

  it('runs one as soon as it is signed', async () => {
    const fn = await newFunction();
    await expectRefused(fn, 'SIGNATURE_MISSING', []);
    await sign(fn, key, 'bundle');
    await eventuallyRuns(fn.image);
  });

  it('asks the registry for nothing once an image is known to be signed', async () => {
    const fn = await newFunction();
    await sign(fn, key);
    await expectRun(fn.image);
    const before = (await stage.registry.accessLog()).length;
    for (let call = 0; call < 5; call += 1) await expectRun(fn.image);
    expect((await stage.registry.accessLog()).slice(before)).to.deep.equal([]);
  });

  it('follows a key that is replaced, for images that ran before too', async () => {
    const [before, after] = [await newFunction(), await newFunction()];
    const nextKey = await cosign.generateKey();
    await sign(before, key);
    await sign(after, nextKey, 'referrers');
    await expectRun(before.image);
    await expectRefused(after, 'SIGNATURE_INVALID', ['one by another key']);
    await keys.swap({ 'cosign.pub': nextKey.publicPem });
    try {
      await eventuallyRuns(after.image);
      await expectRefusedNow(before.image);
      // While one key replaces the other, the file may hold both.
      await keys.swap({ 'cosign.pub': key.publicPem + nextKey.publicPem });
      await eventuallyRuns(before.image);
      await expectRun(after.image);
    } finally {
      await keys.swap({ 'cosign.pub': key.publicPem });
    }
  });

  for (const { what, pem } of [
    { what: 'ECDSA on P-384', pem: privatePem(() => generateKeyPairSync('ec', { namedCurve: 'P-384' })) },
    { what: 'ECDSA on P-521', pem: privatePem(() => generateKeyPairSync('ec', { namedCurve: 'P-521' })) },
    { what: 'RSA', pem: privatePem(() => generateKeyPairSync('rsa', { modulusLength: 3072 })) },
    { what: 'Ed25519', pem: privatePem(() => generateKeyPairSync('ed25519')) },
  ]) {
    it(`knows signatures by imported keys: ${what}`, async () => {
      const imported = await cosign.importKey(pem());
      const file = await mountSecret({ 'cosign.pub': imported.publicPem });
      const flag = `--verify-images=${stage.registry.authority}/functions=${file.file('cosign.pub')}`;
      const service = await startStageService(stage, [flag]);
      try {
        for (const scheme of ['tag', 'bundle'] as const) {
          const fn = await newFunction();
          expect((await grpcFailureOf(service.resolve(fn.image))).reason).to.equal('SIGNATURE_MISSING');
          const signed = await newFunction();
          await sign(signed, imported, scheme);
          expect((await service.resolve(signed.image)).digest).to.equal(signed.digest);
        }
      } finally {
        await service.stop();
        await file.remove();
      }
    });
  }
});

function privatePem(make: () => { readonly privateKey: KeyObject }): () => string {
  return () => make().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
