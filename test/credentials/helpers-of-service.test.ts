import { expect } from 'chai';
import { buildImage } from '../../examples/registry/image.ts';
import { pushImage } from '../../examples/registry/push.ts';
import { type Registry, startRegistry } from '../../examples/registry/registry.ts';
import { failureOf } from '../resolver/failure-of.ts';
import { ManualClock } from '../resolver/manual-clock.ts';
import { mountSecret, type MountedSecret } from '../support/mounted-secret.ts';
import { startService, type TestService } from '../support/service.ts';
import { answering, helperPrograms, type HelperPrograms } from './helper-programs.ts';

const file = '.dockerconfigjson';
const username = 'robot$runner';
const password = 'K7+only-a-helper/knows';
const stale = 'K6+what-a-helper/knew-before';

describe('a service whose docker config names credential helpers', () => {
  let registry: Registry;
  let programs: HelperPrograms;
  let secret: MountedSecret;
  let clock: ManualClock;
  let service: TestService;
  let image: string;

  beforeEach(async () => {
    registry = await startRegistry({ users: { [username]: password } });
    await pushImage(registry.address, 'team/fn', 'v1', await buildImage({ entrypoint: ['/fn'] }), {
      auth: { username, password },
    });
    image = `${registry.address}/team/fn:v1`;
    programs = await helperPrograms({ vault: answering(username, password) });
    secret = await mountSecret({ [file]: JSON.stringify({ credHelpers: { [registry.address]: 'vault' } }) });
    clock = new ManualClock(Date.now());
    service = await startService({
      flags: [
        '--enable-private-registries',
        `--registry-auth-secret-path=${secret.file(file)}`,
        '--image-platform=linux/amd64',
        `--insecure-registries=${registry.address}`,
      ],
      overrides: { clock, environment: { PATH: programs.path } },
    });
  });

  afterEach(async () => {
    const shown = [...service.logLines, await service.metrics()].join('\n');
    for (const word of [password, stale]) {
      expect(shown).to.not.include(word);
      expect(shown).to.not.include(Buffer.from(`${username}:${word}`).toString('base64'));
    }
    await service.stop();
    await secret.remove();
    await programs.remove();
    await registry.stop();
  });

  it('[CH13] logs in with what the helper returns', async () => {
    const resolved = await service.resolve(image);
    expect(resolved.credential).to.equal(`docker-credential-vault for ${registry.address}`);
    expect(JSON.stringify(resolved)).to.not.include(password);
    expect(await programs.log('vault')).to.equal(`get ${registry.address}\n`);
    expect(await service.metrics()).to.match(/credential_helper_runs_total\{[^}]*outcome="login"[^}]*\} 1\b/);
  });

  it('[CH13] asks the helper anew when the registry refuses what it returned before', async () => {
    await programs.write('vault', answering(username, stale));
    const refusal = await failureOf(service.resolve(image));
    expect(refusal.reason).to.equal('AUTH_REFUSED');
    expect(refusal.message).to.not.include(stale);
    await programs.write('vault', answering(username, password));
    clock.advance(31_000);
    expect((await service.resolve(image)).digest).to.match(/^sha256:/);
  });

  it('[CH13] answers a call whose login had expired unnoticed, by the helper’s next one', async () => {
    const [before, after] = [answering(username, stale), answering(username, password)];
    await programs.write('vault', `if [ -e "$log" ]\nthen\n${after}\nelse\n${before}\nfi`);
    expect((await service.resolve(image)).digest).to.match(/^sha256:/);
    expect(await programs.log('vault')).to.equal(`get ${registry.address}\n`.repeat(2));
  });

  it('[CH13] asks no helper about what it knows of an image', async () => {
    const { digest } = await service.resolve(image);
    await service.resolve(`${registry.address}/team/fn@${digest}`);
    const before = registry.requests.length;
    clock.advance(10 * 60_000);
    expect((await service.resolve(`${registry.address}/team/fn@${digest}`)).cached).to.equal(true);
    expect(await programs.log('vault')).to.equal(`get ${registry.address}\n`);
    expect(registry.requests).to.have.lengthOf(before);
    await service.resolve(image, { refresh: true });
    expect(await programs.log('vault')).to.equal(`get ${registry.address}\n`.repeat(2));
  });

  it('[CH13] tells why a helper failed, without what it wrote, and asks nobody else', async () => {
    await programs.write('vault', `echo '${password}'; echo '${password}' >&2; exit 7`);
    const before = registry.requests.length;
    const failure = await failureOf(service.resolve(image));
    expect(failure.reason).to.equal('CREDENTIALS_UNAVAILABLE');
    expect(failure.message).to.include('docker-credential-vault').and.to.include('exit code 7');
    expect(`${failure.message} ${JSON.stringify(failure)}`).to.not.include(password);
    expect(registry.requests).to.have.lengthOf(before);
  });
});
