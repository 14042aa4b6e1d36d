import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { failureOf } from '../resolver/failure-of.ts';
import { dockerConfigJson, mountSecret, type MountedSecret } from '../support/mounted-secret.ts';
import { startService, type TestService } from '../support/service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const name = '.dockerconfigjson';

describe('credentials that are replaced while the service runs', () => {
  let secret: MountedSecret;
  let service: TestService;
  let laterMs = 0;

  before(async () => {
    secret = await mountSecret({ [name]: dockerConfigJson({ 'registry.example': 'joe:first' }) });
    service = await startService({
      flags: ['--enable-private-registries', `--registry-auth-secret-path=${secret.file(name)}`],
      overrides: { clock: { now: () => Date.now() + laterMs, delay: async () => Promise.resolve() } },
    });
  });

  after(async () => {
    await service.stop();
    await secret.remove();
  });

  it('are warned of as those of the start are, when an entry of them is broken', async () => {
    await secret.swap({ [name]: '{"auths":{"127.0.0.1:1":{"auth":"no base64 at all"}}}' });
    laterMs += 2000;
    expect((await failureOf(service.resolve('127.0.0.1:1/team/fn:v1'))).reason).to.equal('CFG_ENTRY_AUTH');
    const warnings = service.logLines.filter((line) => line.includes('"warn"') && line.includes('127.0.0.1:1'));
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.include('auth is not base64').and.not.include('at all');
  });
});

describe('credentials that appear while the service runs', () => {
  it('[C16] are used from then on', async () => {
    const folder = await tempFolder('late-secret');
    let laterMs = 0;
    const service = await startService({
      flags: ['--enable-private-registries', `--registry-auth-secret-path=${join(folder.path, name)}`],
      overrides: { clock: { now: () => Date.now() + laterMs, delay: async () => Promise.resolve() } },
    });
    try {
      const before = await failureOf(service.resolve('127.0.0.1:1/team/fn:v1'));
      await writeFile(join(folder.path, name), '{"auths":{"127.0.0.1:1":{"auth":"no base64 at all"}}}');
      laterMs += 2000;
      const after = await failureOf(service.resolve('127.0.0.1:1/team/other:v1'));
      expect([before.reason, after.reason]).to.deep.equal(['UNREACHABLE', 'CFG_ENTRY_AUTH']);
    } finally {
      await service.stop();
      await folder.remove();
    }
  });
});
