import { mkdir, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { MadeImage } from './made-image.ts';
import { greeting, greetingIn, StoreHarness, unpack } from './store-harness.ts';

describe('a damaged image store', () => {
  let harness: StoreHarness;

  beforeEach(async () => {
    harness = await StoreHarness.create();
  });

  afterEach(async () => {
    await harness.remove();
  });

  let image: MadeImage;
  let root = '';

  beforeEach(async () => {
    image = await MadeImage.of([greeting]);
    const store = harness.newStore();
    ({ root } = await unpack(store, image));
  });

  async function pulledAgain(): Promise<boolean> {
    const unpacked = await unpack(harness.newStore(), image);
    expect(await greetingIn(unpacked)).to.equal('hello');
    return image.pulls === 2;
  }

  async function pretendReboot(): Promise<void> {
    const path = join(root, '../image.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace(/"boot":"[^"]*"/, '"boot":"before"'));
  }

  it('pulls again what has lost its description', async () => {
    await rm(join(root, '../image.json'));
    expect(await pulledAgain()).to.equal(true);
  });

  for (const text of ['', '{"image":', '[]', '{}', 'null', '{"image":1}']) {
    it(`pulls again what has ${JSON.stringify(text)} for a description`, async () => {
      await writeFile(join(root, '../image.json'), text);
      expect(await pulledAgain()).to.equal(true);
    });
  }

  it('pulls again what has lost its root', async () => {
    await rm(root, { recursive: true });
    expect(await pulledAgain()).to.equal(true);
  });

  it('pulls again what was cut short by a power failure', async () => {
    await pretendReboot();
    await truncate(join(root, 'greeting'), 0);
    expect(await pulledAgain()).to.equal(true);
  });

  it('keeps what is whole after a reboot, and measures it once', async () => {
    await pretendReboot();
    expect(await pulledAgain()).to.equal(false);
    expect(await readFile(join(root, '../image.json'), 'utf8')).not.to.include('before');
  });

  it('takes over the lock of a process that has died', async () => {
    await rm(root, { recursive: true });
    const owners = await readdir(harness.path('owners'));
    const dead = (owners[0] ?? '').replace(/^\d+/, '4194303');
    const key = image.content.platformDigest.replace(':', '-');
    await writeFile(harness.path('locks', key), dead);
    expect(await pulledAgain()).to.equal(true);
  });

  it('is cleared of what processes that have died were making', async () => {
    const [owner = ''] = await readdir(harness.path('owners'));
    const dead = owner.replace(/^\d+/, '4194303');
    const stranger = '77.1.otherboot.4026531836.abc';
    for (const name of [dead, owner, stranger]) await mkdir(harness.path('work', `${name}.x`));
    await writeFile(harness.path('owners', dead), '');
    await writeFile(harness.path('owners', stranger), '');
    await harness.newStore().tidy();
    expect(await readdir(harness.path('work'))).to.have.members([`${owner}.x`, `${stranger}.x`]);
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(harness.path('owners', stranger), longAgo, longAgo);
    await harness.newStore().tidy();
    expect(await readdir(harness.path('work'))).to.deep.equal([`${owner}.x`]);
    await rm(harness.path('work', `${owner}.x`), { recursive: true });
  });
});
