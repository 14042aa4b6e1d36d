import { expect } from 'chai';
import { ResolverWith } from './resolver-with.ts';

const name = 'registry.example.com/fn:v1';

describe('the image of an index', () => {
  it('is reported with both digests: that of the index and that of the chosen manifest', async () => {
    const { registry, ...subject } = on('linux/arm64');
    const [amd, arm] = [registry.addImage(), registry.addImage({ platform: 'linux/arm64' })];
    const index = registry.tag('v1', registry.addIndex([at(amd, 'linux/amd64'), at(arm, 'linux/arm64')]));
    const { resolution } = await subject.resolve();
    expect(resolution).to.deep.include({
      digest: index,
      platformDigest: arm.descriptor.digest.text,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      platforms: ['linux/amd64', 'linux/arm64'],
      platform: { os: 'linux', architecture: 'arm64' },
    });
    expect(subject.requests()).to.have.lengthOf(3);
  });

  it('without a match is an error that lists what there is', async () => {
    const { registry, ...subject } = on('linux/s390x');
    const [amd, arm] = [registry.addImage(), registry.addImage({ platform: 'linux/arm64' })];
    const entries = [at(amd, 'linux/amd64'), at(arm, 'linux/arm64'), at(amd, 'unknown/unknown')];
    registry.tag('v1', registry.addIndex(entries));
    const error = await subject.failure();
    expect(error.code).to.equal('MAN_PLATFORM');
    expect(error.message).to.include('linux/s390x').and.to.include('available: linux/amd64, linux/arm64');
    expect(error.message).not.to.include('unknown');
    expect(error.details.hint).to.include('--image-platform');
    expect(subject.requests()).to.have.lengthOf(1);
  });

  it('without a match is the first linux image where any platform will do', async () => {
    const { registry, ...subject } = on('linux/s390x', true);
    const [amd, arm] = [registry.addImage(), registry.addImage({ platform: 'linux/arm64' })];
    registry.tag('v1', registry.addIndex([at(arm, 'windows/arm64'), at(arm, 'linux/arm64'), at(amd, 'linux/amd64')]));
    const { resolution } = await subject.resolve();
    expect(resolution.platformDigest).to.equal(arm.descriptor.digest.text);
  });

  it('with a match is that one even where any platform would do', async () => {
    const { registry, ...subject } = on('linux/amd64', true);
    const [amd, arm] = [registry.addImage(), registry.addImage({ platform: 'linux/arm64' })];
    registry.tag('v1', registry.addIndex([at(arm, 'linux/arm64'), at(amd, 'linux/amd64')]));
    const { resolution } = await subject.resolve();
    expect(resolution.platformDigest).to.equal(amd.descriptor.digest.text);
  });

  it('[X19] may be one that does not say its platform, when its config fits and no other entry does', async () => {
    const { registry, ...subject } = on('linux/arm64');
    const [amd, arm] = [registry.addImage(), registry.addImage({ platform: 'linux/arm64' })];
    registry.tag('v1', registry.addIndex([at(amd), at(arm), at(amd, 'linux/amd64')]));
    const { resolution } = await subject.resolve();
    expect(resolution.platformDigest).to.equal(arm.descriptor.digest.text);
  });

  it('[X19] is none of those that do not say their platform when no config fits', async () => {
    const { registry, ...subject } = on('linux/arm64');
    registry.tag('v1', registry.addIndex([at(registry.addImage())]));
    const error = await subject.failure();
    expect(error.code).to.equal('MAN_PLATFORM');
    expect(error.message).to.include('available: linux/amd64');
  });

  it('[X20] is not one for 386 on amd64, nor one for arm on arm64', async () => {
    for (const [wanted, offered] of [
      ['linux/amd64', 'linux/386'],
      ['linux/arm64', 'linux/arm/v7'],
    ] as const) {
      const { registry, ...subject } = on(wanted);
      registry.tag('v1', registry.addIndex([at(registry.addImage({ platform: offered }), offered)]));
      expect((await subject.failure()).code).to.equal('MAN_PLATFORM');
    }
  });

  it('may stand in an index within the index', async () => {
    const { registry, ...subject } = on('linux/arm64');
    const arm = registry.addImage({ platform: 'linux/arm64' });
    const inner = registry.addIndex([at(registry.addImage(), 'linux/amd64'), at(arm, 'linux/arm64')]);
    registry.tag('v1', registry.addIndex([at(inner)]));
    const { resolution } = await subject.resolve();
    expect(resolution.platformDigest).to.equal(arm.descriptor.digest.text);
    expect(resolution.platforms).to.deep.equal(['linux/amd64', 'linux/arm64']);
  });

  it('is found 4 indexes deep and not 5', async () => {
    const { registry, ...subject } = on('linux/amd64');
    let content = registry.addImage();
    for (let depth = 1; depth <= 4; depth += 1) content = registry.addIndex([at(content)]);
    registry.tag('v1', content);
    await subject.resolve();
    registry.tag('v2', registry.addIndex([at(content)]));
    const error = await subject.failure('registry.example.com/fn:v2');
    expect(error.code).to.equal('MAN_TYPE');
  });

  it('is looked for in 16 manifests and not more', async () => {
    const { registry, ...subject } = on('linux/arm64');
    const others = Array.from({ length: 20 }, (_, n) => at(registry.addImage({ cmd: [String(n)] })));
    registry.tag('v1', registry.addIndex(others));
    const error = await subject.failure();
    expect(error.code).to.equal('MAN_TYPE');
    expect(subject.requests().filter((line) => line.startsWith('manifest'))).to.have.lengthOf(16);
  });

  it('is not looked for in circles', async () => {
    const { registry, ...subject } = on('linux/amd64');
    const inner = registry.addIndex([at(registry.addImage(), 'linux/arm64')]);
    const outer = registry.addIndex([at(inner)]);
    registry.tag('v1', outer);
    // No registry can build this, since a digest cannot contain itself; a client that does not compare hashes can be shown it.
    registry.replace(inner.descriptor.digest.text, { ...inner, manifest: outer.manifest });
    const error = await subject.failure();
    expect(error.code).to.equal('MAN_TYPE');
    expect(subject.requests()).to.deep.equal(['manifest v1', `manifest ${inner.descriptor.digest.text}`]);
  });

  it('passes over entries for Windows that do not say so', async () => {
    const { registry, ...subject } = on('linux/amd64');
    const linux = registry.addImage();
    registry.tag('v1', registry.addIndex([at(registry.addImage({ platform: 'windows/amd64' })), at(linux)]));
    const { resolution } = await subject.resolve();
    expect(resolution.platformDigest).to.equal(linux.descriptor.digest.text);
  });
});

describe('an image without an index', () => {
  it('for another architecture is an error, and none where any platform will do', async () => {
    for (const anyPlatform of [false, true]) {
      const { registry, ...subject } = on('linux/amd64', anyPlatform);
      registry.tag('v1', registry.addImage({ platform: 'linux/arm64' }));
      if (anyPlatform) {
        expect((await subject.resolve()).resolution.platform).to.deep.equal({ os: 'linux', architecture: 'arm64' });
      } else {
        const error = await subject.failure();
        expect(error.code).to.equal('MAN_PLATFORM');
        expect(error.message).to.include('available: linux/arm64');
      }
    }
  });

  it('for Windows is an error even where any platform will do', async () => {
    const { registry, ...subject } = on('linux/amd64', true);
    registry.tag('v1', registry.addImage({ platform: 'windows/amd64' }));
    expect((await subject.failure()).code).to.equal('MAN_PLATFORM');
  });

  it('with neither entrypoint nor command has nothing to run', async () => {
    const { registry, ...subject } = on('linux/amd64');
    registry.tag('v1', registry.addImage({ entrypoint: [], cmd: [] }));
    const error = await subject.failure();
    expect(error.code).to.equal('MAN_CONFIG');
    expect(error.message).to.include('no entrypoint or command');
  });
});

function on(
  platform: string,
  anyPlatform = false,
): {
  registry: ResolverWith['registry'];
  resolve: (image?: string) => ReturnType<ResolverWith['resolve']>;
  failure: (image?: string) => ReturnType<ResolverWith['failure']>;
  requests: () => readonly string[];
} {
  const subject = new ResolverWith({ platform, anyPlatform });
  return {
    registry: subject.registry,
    resolve: async (image = name) => subject.resolve(image),
    failure: async (image = name) => subject.failure(image),
    requests: () => subject.registry.requests,
  };
}

type Content = ReturnType<ResolverWith['registry']['addImage']>;

function at(content: Content, platform?: string): { readonly content: Content; readonly platform?: string } {
  return platform === undefined ? { content } : { content, platform };
}
