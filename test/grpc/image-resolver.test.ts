import { expect } from 'chai';
import { buildImage, buildIndex } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { startRegistry } from '../../examples/registry/registry.ts';
import { grpcFailureOf } from '../support/grpc-failure-of.ts';
import { startService, type TestService } from '../support/service.ts';

describe('ResolveImage', () => {
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let service: TestService;
  let image: string;
  let digest: string;

  before(async () => {
    registry = await startRegistry({});
    const images = ['amd64', 'arm64'].map(async (architecture) =>
      buildImage({
        entrypoint: ['/fn', '--x'],
        cmd: ['y'],
        env: ['A=b'],
        user: '1000:1000',
        workingDir: '/w',
        platform: { os: 'linux', architecture },
      }),
    );
    digest = await pushImage(registry.address, 'team/fn', 'v1', buildIndex(await Promise.all(images)), {});
    image = `${registry.address}/team/fn:v1`;
    service = await startService({
      flags: [`--insecure-registries=${registry.address}`, '--image-platform=linux/arm64'],
    });
  });

  after(async () => {
    await service.stop();
    await registry.stop();
  });

  it('answers with everything that is known of an image', async () => {
    const { elapsedMs, platformDigest, ...answer } = await service.resolve(image);
    expect(answer).to.deep.equal({
      image,
      reference: image,
      digest,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      platforms: ['linux/amd64', 'linux/arm64'],
      entrypoint: ['/fn', '--x'],
      cmd: ['y'],
      env: ['A=b'],
      workingDir: '/w',
      user: '1000:1000',
      connection: 'plaintext',
      attempts: answer.attempts,
      credential: 'anonymous',
      cached: false,
    });
    expect(answer.attempts.at(-1)).to.deep.equal({
      step: 'plaintext',
      address: registry.address,
      outcome: 'ok',
      reason: '',
    });
    expect(platformDigest)
      .to.match(/^sha256:[\da-f]{64}$/)
      .and.not.equal(digest);
    expect(elapsedMs).to.be.above(0);
  });

  it('answers from the cache the second time, and from the registry when asked to', async () => {
    await service.resolve(image);
    expect(await service.resolve(image)).to.include({ cached: true, digest });
    const before = registry.requests.length;
    expect(await service.resolve(image, { refresh: true })).to.include({ cached: false, digest });
    expect(registry.requests.length).to.be.above(before);
  });

  it('[KP17] logs the name as asked and the full name', async () => {
    const local = await startService({
      flags: [`--default-image-prefix=${registry.address}/team`, `--insecure-registries=${registry.address}`],
    });
    await local.resolve('fn:v1');
    await local.stop();
    const line = local.logLines.find((text) => text.includes('call answered')) ?? '{}';
    expect(JSON.parse(line)).to.include({ image: 'fn:v1', reference: image, digest });
  });

  it('names what was tried when an image is absent', async () => {
    const failure = await grpcFailureOf(service.resolve(`${registry.address}/team/fn:v2`));
    expect(failure).to.include({ status: 'NOT_FOUND' });
    expect(failure.attempts).to.deep.include({
      step: 'plaintext',
      address: registry.address,
      outcome: 'ok',
      reason: '',
    });
  });
});
