import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { mountSecret } from '../support/mounted-secret.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { MountedText, refused } from './mounted-text.ts';

const name = '.dockerconfigjson';

describe('mounted file that cannot be used', () => {
  const cleanUps: (() => Promise<void>)[] = [];
  const mount = async (text: string): ReturnType<typeof mountSecret> => {
    const secret = await mountSecret({ [name]: text });
    cleanUps.push(async () => secret.remove());
    return secret;
  };
  const folder = async (): Promise<string> => {
    const temporary = await tempFolder('mounted-file');
    cleanUps.push(async () => temporary.remove());
    return temporary.path;
  };

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  });

  it('[C16] fails to load without an initial value, naming where it was looked for', async () => {
    const path = join(await folder(), name);
    const error = await refused(new MountedText([path]).file.load());
    expect(error.message).to.include(path);
  });

  it('[C15] fails to load from a directory, naming the path', async () => {
    const path = join(await folder(), name);
    await mkdir(path);
    const error = await refused(new MountedText([path], 'initial').file.load());
    expect(error.code).to.equal('CFG_JSON');
    expect(error.message).to.equal(`${path} is a directory`);
  });

  it('[C3] [C4] fails to load when broken from the start, and loads once it is mended', async () => {
    const secret = await mount('broken');
    const fixture = new MountedText([secret.file(name)], 'initial');
    expect((await refused(fixture.file.load())).code).to.equal('CFG_JSON');
    expect((await refused(fixture.file.current())).code).to.equal('CFG_JSON');
    await secret.swap({ [name]: 'good' });
    expect(await fixture.file.current()).to.equal('good');
  });

  it('is refused when it is larger than any secret could be', async () => {
    const path = join(await folder(), name);
    await writeFile(path, Buffer.alloc(16 * 1024 * 1024 + 1));
    expect((await refused(new MountedText([path]).file.load())).message).to.match(/is larger than/);
  });

  it('[C15] is refused where it is no file at all, without waiting for anything', async () => {
    const link = join(await folder(), name);
    await symlink(name, link);
    expect((await refused(new MountedText([link], 'initial').file.load())).message).to.equal(
      `${link} cannot be read (ELOOP)`,
    );
    expect((await refused(new MountedText(['/dev/zero'], 'initial').file.load())).message).to.match(
      /is not a regular file/,
    );
  });

  for (const { kind, code } of [
    { kind: 'credentials', code: 'CFG_JSON' },
    { kind: 'ca', code: 'CFG_CA' },
    { kind: 'functions', code: 'CFG_FUNCTIONS' },
    { kind: 'other', code: 'CFG_OPTION' },
  ]) {
    it(`fails as ${code} when the ${kind} file cannot be read`, async () => {
      const { file } = new MountedText([await folder()], 'initial', kind);
      expect((await refused(file.load())).code).to.equal(code);
    });
  }
});
