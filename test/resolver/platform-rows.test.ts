import { expect } from 'chai';
import { startService, type TestService } from '../support/service.ts';
import { failureOf } from './failure-of.ts';
import { type ScriptedRegistry, type ServedContent, startScriptedRegistry } from './scripted-registry.ts';

const amd64 = { os: 'linux', architecture: 'amd64' };
const arm64 = { os: 'linux', architecture: 'arm64' };
const config = { Entrypoint: ['/fn'] };
const hostArchitecture = process.arch === 'x64' ? 'amd64' : process.arch;

describe('the platform of a resolved image', () => {
  let registry: ScriptedRegistry;
  let service: TestService;

  before(async () => {
    registry = await startScriptedRegistry();
    service = await startService({ flags: flags('--image-platform=linux/arm64') });
  });

  after(async () => {
    await service.stop();
    await registry.stop();
  });

  it('[PL27] of an image without an index has to be the wanted one', async () => {
    registry.tag('pl27', image(amd64));
    const failure = await failureOf(service.resolve(name('pl27')));
    expect(failure).to.include({ status: 'FAILED_PRECONDITION', reason: 'MAN_PLATFORM' });
    expect(failure.message).to.include('linux/arm64').and.to.include('available: linux/amd64');
  });

  it('[PL28] is the wanted one, without crossing over to an older architecture', async () => {
    const old = { os: 'linux', architecture: 'arm', variant: 'v7' };
    const wanted = image(arm64);
    registry.tag('pl28', registry.serveIndex([image(old, old), image(amd64, amd64), { ...wanted, platform: arm64 }]));
    expect((await service.resolve(name('pl28'))).platformDigest).to.equal(wanted.digest);
    registry.tag('pl28-old', registry.serveIndex([image(old, old)]));
    expect((await failureOf(service.resolve(name('pl28-old')))).reason).to.equal('MAN_PLATFORM');
  });

  it('[PL28] is in its normal spelling whichever way an index writes it', async () => {
    const written = { os: 'linux', architecture: 'aarch64', variant: 'v8' };
    const wanted = image(arm64, written);
    registry.tag('pl28-spelling', registry.serveIndex([image(amd64, amd64), wanted]));
    expect((await service.resolve(name('pl28-spelling'))).platformDigest).to.equal(wanted.digest);
  });

  it('[PL28] of an entry that does not say is looked up in its config, last of all', async () => {
    const [silent, said] = [image(arm64), image(arm64, arm64, ['/said'])];
    registry.tag('pl28-silent', registry.serveIndex([image(amd64, undefined, ['/other']), silent]));
    expect((await service.resolve(name('pl28-silent'))).platformDigest).to.equal(silent.digest);
    registry.tag('pl28-said', registry.serveIndex([silent, said]));
    expect((await service.resolve(name('pl28-said'))).platformDigest).to.equal(said.digest);
  });

  it('[PL28] that is not there is an error with a list of those that are, attestations left out', async () => {
    const s390x = { os: 'linux', architecture: 's390x' };
    const unknown = { os: 'unknown', architecture: 'unknown' };
    registry.tag('pl28-none', registry.serveIndex([image(amd64, amd64), image(s390x, s390x), image(amd64, unknown)]));
    const failure = await failureOf(service.resolve(name('pl28-none')));
    expect(failure.reason).to.equal('MAN_PLATFORM');
    expect(failure.message).to.match(/available: linux\/amd64, linux\/s390x$/);
    expect(failure.hint).to.include('--image-platform');
  });

  it('[PL28] is that of this machine when no flag says otherwise', async () => {
    const platform = { os: 'linux', architecture: hostArchitecture };
    const own = image(platform, platform, ['/own']);
    registry.tag('pl28-own', registry.serveIndex([image(amd64, { os: 'linux', architecture: 'riscv64' }), own]));
    const plain = await startService({ flags: flags() });
    expect((await plain.resolve(name('pl28-own'))).platformDigest).to.equal(own.digest);
    await plain.stop();
  });

  it('[PL29] comes with both digests, of the index and of the manifest', async () => {
    const wanted = image(arm64, arm64);
    const index = registry.serveIndex([image(amd64, amd64), wanted]);
    registry.tag('pl29', index);
    expect(await service.resolve(name('pl29'))).to.deep.include({
      digest: index.digest,
      platformDigest: wanted.digest,
      platforms: ['linux/amd64', 'linux/arm64'],
      mediaType: index.mediaType,
    });
  });

  it('[MT14] may be found in an index within the index', async () => {
    const wanted = image(arm64, arm64);
    registry.tag(
      'mt14',
      registry.serveIndex([registry.serveIndex([image(amd64, amd64)]), registry.serveIndex([wanted])]),
    );
    expect((await service.resolve(name('mt14'))).platformDigest).to.equal(wanted.digest);
  });

  it('[MT15] is found below 4 indexes and not below 5', async () => {
    const wanted = image(arm64, arm64);
    registry.tag('mt15', nested(wanted, 4));
    registry.tag('mt15-deeper', nested(wanted, 5));
    expect((await service.resolve(name('mt15'))).platformDigest).to.equal(wanted.digest);
    expect((await failureOf(service.resolve(name('mt15-deeper')))).reason).to.equal('MAN_TYPE');
  });

  it('[MT15] is looked for in no more than 16 manifests', async () => {
    registry.tag(
      'mt15-wide',
      registry.serveIndex(Array.from({ length: 30 }, (_, n) => image(amd64, undefined, [`/${String(n)}`]))),
    );
    registry.takeRequests();
    expect((await failureOf(service.resolve(name('mt15-wide')))).reason).to.equal('MAN_TYPE');
    expect(registry.takeRequests().filter((line) => line.includes('/manifests/'))).to.have.lengthOf(16);
  });

  it('[7.2.12] is not looked for without end in indexes nested in each other', async () => {
    registry.tag('endless', nested(image(arm64, arm64), 30));
    registry.takeRequests();
    const failure = await failureOf(service.resolve(name('endless')));
    expect(failure).to.include({ status: 'FAILED_PRECONDITION', reason: 'MAN_TYPE' });
    expect(registry.takeRequests()).to.have.lengthOf.at.most(6);
  });

  function image(
    own: NonNullable<ServedContent['platform']>,
    said?: ServedContent['platform'],
    argv = ['/fn'],
  ): ServedContent {
    return registry.serveImage({ ...own, config: { ...config, Entrypoint: argv } }, said);
  }

  function nested(content: ServedContent, depth: number): ServedContent {
    return depth === 0 ? content : registry.serveIndex([nested(content, depth - 1)]);
  }

  function name(tag: string): string {
    return `${registry.authority}/team/fn:${tag}`;
  }
});

function flags(...more: readonly string[]): readonly string[] {
  return ['--insecure-registries=127.0.0.1', ...more];
}
