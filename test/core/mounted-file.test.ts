import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { noCounters, type Counters } from '../../src/core/counters.ts';
import { RunnerError } from '../../src/core/errors.ts';
import { silentLog, type Log } from '../../src/core/log.ts';
import { MountedFile } from '../../src/core/mounted-file.ts';
import { Keyring } from '../../src/credentials/keyring.ts';
import { keysFor } from '../credentials/keyring-with.ts';
import { dockerConfigJson, mountSecret } from '../support/mounted-secret.ts';
import { tempFolder } from '../support/temp-folder.ts';

const name = '.dockerconfigjson';

/** A clock that stands still until it is moved on. */
class HandClock {
  nowMs = 0;

  now(): number {
    return this.nowMs;
  }

  async delay(): Promise<void> {
    throw new Error('nothing here waits');
  }
}

/** Keeps what a test asserts on: warnings and counted outcomes. */
class Recorder {
  readonly warnings: string[] = [];
  readonly outcomes: string[] = [];
  readonly log: Log = {
    ...silentLog,
    warn: (message, values) => this.warnings.push(`${message} ${JSON.stringify(values)}`),
  };
  readonly counters: Counters = {
    add: (_counter, labels) => this.outcomes.push(Object.values(labels).join(' ')),
  };
}

class Fixture {
  readonly clock = new HandClock();
  readonly recorder = new Recorder();
  readonly file: MountedFile<string>;
  parses = 0;

  constructor(paths: readonly string[], initial?: string) {
    this.file = new MountedFile({
      paths,
      initial,
      parse: (bytes) => this.#parse(bytes),
      kind: 'credentials',
      log: this.recorder.log,
      counters: this.recorder.counters,
      clock: this.clock,
    });
  }

  /** The content after the next look at the disk. */
  async later(): Promise<string> {
    this.clock.nowMs += 1000;
    return this.file.current();
  }

  #parse(bytes: Uint8Array): string {
    this.parses += 1;
    const text = Buffer.from(bytes).toString();
    if (text.startsWith('broken')) throw new RunnerError('CFG_JSON', `does not parse`);
    return text;
  }
}

async function refused(work: Promise<unknown>): Promise<RunnerError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof RunnerError) return thrown;
  throw new Error('expected a RunnerError', { cause: thrown });
}

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
    const { file, ...fixture } = new Fixture([secret.file(name)]);
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
    const fixture = new Fixture([secret.file(name)]);
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
    const fixture = new Fixture([secret.file(name)]);
    const values = await Promise.all(Array.from({ length: 20 }, async () => fixture.file.current()));
    expect(values).to.deep.equal(Array.from({ length: 20 }, () => 'one'));
    expect(fixture.parses).to.equal(1);
  });

  it('keeps its version when a swap brings the same content', async () => {
    const secret = await mount('one');
    const fixture = new Fixture([secret.file(name)]);
    await fixture.file.load();
    await secret.swap({ [name]: 'one' });
    expect(await fixture.later()).to.equal('one');
    expect(fixture.file.version).to.equal(1);
    expect(fixture.parses).to.equal(1);
  });

  it('keeps the last good content while a new version is broken, and says so once per version', async () => {
    const secret = await mount('good');
    const fixture = new Fixture([secret.file(name)]);
    await fixture.file.load();
    await secret.swap({ [name]: 'broken 1' });
    for (let look = 0; look < 3; look += 1) expect(await fixture.later()).to.equal('good');
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
    const fixture = new Fixture([secret.file(name)], 'initial');
    await fixture.file.load();
    await rm(secret.file(name));
    for (let look = 0; look < 3; look += 1) expect(await fixture.later()).to.equal('good');
    expect(fixture.recorder.warnings).to.have.length(1);
    expect(fixture.recorder.warnings.join()).to.match(/is gone; keeping its last good content/);
    expect(fixture.recorder.outcomes).to.deep.equal(['credentials missing']);
  });

  it('[C16] is the initial value while it is missing, and is picked up when it comes', async () => {
    const path = join(await folder(), name);
    const fixture = new Fixture([path], 'initial');
    expect(await fixture.file.load()).to.equal('initial');
    expect(fixture.file.version).to.equal(0);
    expect(await fixture.later()).to.equal('initial');
    await writeFile(path, 'here');
    expect(await fixture.later()).to.equal('here');
    expect(fixture.file.version).to.equal(1);
    expect(fixture.recorder.warnings).to.deep.equal([]);
  });

  it('[C16] fails to load without an initial value, naming where it was looked for', async () => {
    const path = join(await folder(), name);
    const error = await refused(new Fixture([path]).file.load());
    expect(error.message).to.include(path);
  });

  it('[C15] fails to load from a directory, naming the path', async () => {
    const path = join(await folder(), name);
    await mkdir(path);
    const error = await refused(new Fixture([path], 'initial').file.load());
    expect(error.code).to.equal('CFG_JSON');
    expect(error.message).to.equal(`${path} is a directory`);
  });

  it('[C15] keeps the last good content when a directory takes its place', async () => {
    const path = join(await folder(), name);
    await writeFile(path, 'good');
    const fixture = new Fixture([path]);
    await fixture.file.load();
    await rm(path);
    await mkdir(path);
    expect(await fixture.later()).to.equal('good');
    expect(fixture.recorder.warnings.join()).to.match(/is a directory/);
  });

  it('[C3] [C4] fails to load when broken from the start, and loads once it is mended', async () => {
    const secret = await mount('broken');
    const fixture = new Fixture([secret.file(name)], 'initial');
    expect((await refused(fixture.file.load())).code).to.equal('CFG_JSON');
    expect((await refused(fixture.file.current())).code).to.equal('CFG_JSON');
    await secret.swap({ [name]: 'good' });
    expect(await fixture.file.current()).to.equal('good');
  });

  it('is the first of several paths that exists, also when that one comes later', async () => {
    const path = await folder();
    await writeFile(join(path, 'ca.pem'), 'second');
    const fixture = new Fixture([join(path, 'ca.crt'), join(path, 'ca.pem')]);
    expect(await fixture.file.load()).to.equal('second');
    await writeFile(join(path, 'new'), 'first');
    await rename(join(path, 'new'), join(path, 'ca.crt'));
    expect(await fixture.later()).to.equal('first');
  });

  it('is refused when it is larger than any secret could be', async () => {
    const path = join(await folder(), name);
    await writeFile(path, Buffer.alloc(16 * 1024 * 1024 + 1));
    expect((await refused(new Fixture([path]).file.load())).message).to.match(/is larger than/);
  });
});
