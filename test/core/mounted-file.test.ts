import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { MountedFile } from '../../src/core/mounted-file.ts';
import { Keyring } from '../../src/credentials/keyring.ts';
import { keysFor } from '../credentials/keyring-with.ts';
import { dockerConfigJson, mountSecret } from '../support/mounted-secret.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { HandClock, MountedText } from './mounted-text.ts';

const name = '.dockerconfigjson';

describe('mounted file', () => {
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

  it('[C17] is re-read after the kubelet has swapped it', async () => {
    const secret = await mount('one');
    const { file, ...fixture } = new MountedText([secret.file(name)]);
    expect(await file.load()).to.equal('one');
    expect(file.version).to.equal(1);
    await secret.swap({ [name]: 'two' });
    fixture.clock.nowMs += 1000;
    expect(await file.current()).to.equal('two');
    expect(file.version).to.equal(2);
    expect(fixture.recorder.outcomes).to.deep.equal(['credentials ok']);
  });

  it('[C17] gives a keyring the new credentials', async () => {
    const secret = await mount(dockerConfigJson({ 'old.io': 'ada:pw' }));
    const clock = new HandClock();
    const file = new MountedFile({
      paths: [secret.file(name)],
      initial: Keyring.empty,
      parse: (bytes, path) => Keyring.parse(bytes, path),
      kind: 'credentials',
      log: silentLog,
      counters: noCounters,
      clock,
    });
    expect(keysFor(await file.load(), 'new.io/x')).to.deep.equal(['anonymous']);
    await secret.swap({ [name]: dockerConfigJson({ 'new.io': 'ada:pw' }) });
    clock.nowMs += 1000;
    expect(keysFor(await file.current(), 'new.io/x')).to.deep.equal(['new.io']);
  });

  it('is looked at no more often than the interval, and read only when it changed', async () => {
    const secret = await mount('one');
    const fixture = new MountedText([secret.file(name)]);
    await fixture.file.load();
    await secret.swap({ [name]: 'two' });
    fixture.clock.nowMs += 999;
    expect(await fixture.file.current()).to.equal('one');
    fixture.clock.nowMs += 1;
    expect(await fixture.file.current()).to.equal('two');
    for (let look = 0; look < 5; look += 1) await fixture.later();
    expect(fixture.parses).to.equal(2);
  });

  it('is read once for all who ask at the same time', async () => {
    const secret = await mount('one');
    const fixture = new MountedText([secret.file(name)]);
    const values = await Promise.all(Array.from({ length: 20 }, async () => fixture.file.current()));
    expect(values).to.deep.equal(Array.from({ length: 20 }, () => 'one'));
    expect(fixture.parses).to.equal(1);
  });

  it('keeps its version when a swap brings the same content', async () => {
    const secret = await mount('one');
    const fixture = new MountedText([secret.file(name)]);
    await fixture.file.load();
    await secret.swap({ [name]: 'one' });
    expect(await fixture.later()).to.equal('one');
    expect(fixture.file.version).to.equal(1);
    expect(fixture.parses).to.equal(1);
  });

  it('keeps the last good content while a new version is broken, and says so once per version', async () => {
    const secret = await mount('good');
    const fixture = new MountedText([secret.file(name)]);
    await fixture.file.load();
    await secret.swap({ [name]: 'broken 1' });
    for (let look = 0; look < 3; look += 1) {
      const looks = await Promise.all([fixture.later(), fixture.later(), fixture.later()]);
      expect(looks).to.deep.equal(['good', 'good', 'good']);
    }
    expect(fixture.recorder.warnings).to.have.length(1);
    expect(fixture.recorder.warnings.join()).to.match(/keeping its last good content.*CFG_JSON/);
    await secret.swap({ [name]: 'broken 2' });
    expect(await fixture.later()).to.equal('good');
    expect(fixture.recorder.outcomes).to.deep.equal(['credentials failed', 'credentials failed']);
    expect(fixture.file.version).to.equal(1);
    await secret.swap({ [name]: 'better' });
    expect(await fixture.later()).to.equal('better');
    expect(fixture.file.version).to.equal(2);
  });

  it('keeps the last good content when it disappears, and says so once', async () => {
    const secret = await mount('good');
    const fixture = new MountedText([secret.file(name)], 'initial');
    await fixture.file.load();
    await rm(secret.file(name));
    for (let look = 0; look < 3; look += 1) expect(await fixture.later()).to.equal('good');
    expect(fixture.recorder.warnings).to.have.length(1);
    expect(fixture.recorder.warnings.join()).to.match(/is gone; keeping its last good content/);
    expect(fixture.recorder.outcomes).to.deep.equal(['credentials missing']);
  });

  it('[C16] is the initial value while it is missing, and is picked up when it comes', async () => {
    const path = join(await folder(), name);
    const fixture = new MountedText([path], 'initial');
    expect(await fixture.file.load()).to.equal('initial');
    expect(fixture.file.version).to.equal(0);
    expect(await fixture.later()).to.equal('initial');
    await writeFile(path, 'here');
    expect(await fixture.later()).to.equal('here');
    expect(fixture.file.version).to.equal(1);
    expect(fixture.recorder.warnings).to.deep.equal([]);
  });

  it('[C15] keeps the last good content when a directory takes its place', async () => {
    const path = join(await folder(), name);
    await writeFile(path, 'good');
    const fixture = new MountedText([path]);
    await fixture.file.load();
    await rm(path);
    await mkdir(path);
    expect(await fixture.later()).to.equal('good');
    expect(fixture.recorder.warnings.join()).to.match(/is a directory/);
  });

  it('is the first of several paths that exists, also when that one comes later', async () => {
    const path = await folder();
    await writeFile(join(path, 'ca.pem'), 'second');
    const fixture = new MountedText([join(path, 'ca.crt'), join(path, 'ca.pem')]);
    expect(await fixture.file.load()).to.equal('second');
    await writeFile(join(path, 'new'), 'first');
    await rename(join(path, 'new'), join(path, 'ca.crt'));
    expect(await fixture.later()).to.equal('first');
  });

  it('keeps the last good content while its path cannot be followed, and says so once', async () => {
    const link = join(await folder(), name);
    await writeFile(link, 'good');
    const fixture = new MountedText([link]);
    await fixture.file.load();
    await rm(link);
    await symlink(name, link);
    for (let look = 0; look < 3; look += 1) expect(await fixture.later()).to.equal('good');
    expect(fixture.recorder.warnings).to.have.length(1);
  });

  it('gives what it holds when loaded again, without looking', async () => {
    const secret = await mount('one');
    const { file } = new MountedText([secret.file(name)]);
    expect(await file.load()).to.equal('one');
    await secret.swap({ [name]: 'two' });
    expect(await file.load()).to.equal('one');
  });
});
