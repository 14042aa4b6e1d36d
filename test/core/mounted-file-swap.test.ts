import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { mountSecret, type MountedSecret } from '../support/mounted-secret.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';
import { MountedText } from './mounted-text.ts';

const name = '.dockerconfigjson';

describe('swap time of a mounted file', () => {
  let secret: MountedSecret;
  let folder: TempFolder;

  beforeEach(async () => {
    secret = await mountSecret({ [name]: 'one' });
    folder = await tempFolder('swap-time');
  });

  afterEach(async () => {
    await secret.remove();
    await folder.remove();
  });

  it('is that of what ..data points to', async () => {
    await utimes(secret.file(name), 2000, 2000);
    await utimes(join(secret.path, '..data'), 3000, 3000);
    const { file } = new MountedText([secret.file(name)]);
    await file.load();
    expect(file.swappedAtMs).to.equal(3_000_000);
  });

  it('is that of the file where there is no ..data', async () => {
    const path = join(folder.path, name);
    await writeFile(path, 'one');
    await utimes(path, 2000, 2000);
    const { file } = new MountedText([path]);
    await file.load();
    expect(file.swappedAtMs).to.equal(2_000_000);
  });

  it('is 0 while there is no file', async () => {
    const { file } = new MountedText([join(folder.path, name)], 'initial');
    await file.load();
    expect(file.swappedAtMs).to.equal(0);
  });

  it('moves on when the same content is put there again', async () => {
    await utimes(join(secret.path, '..data'), 3000, 3000);
    const fixture = new MountedText([secret.file(name)]);
    await fixture.file.load();
    await secret.swap({ [name]: 'one' });
    await utimes(join(secret.path, '..data'), 4000, 4000);
    await fixture.later();
    expect(fixture.file.swappedAtMs).to.equal(4_000_000);
    expect(fixture.file.version).to.equal(1);
  });

  it('stays when broken content is put there', async () => {
    await utimes(join(secret.path, '..data'), 3000, 3000);
    const fixture = new MountedText([secret.file(name)]);
    await fixture.file.load();
    await secret.swap({ [name]: 'broken' });
    await fixture.later();
    expect(fixture.file.swappedAtMs).to.equal(3_000_000);
  });
});
