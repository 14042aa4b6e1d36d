import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { RunnerError } from '../../src/core/errors.ts';
import type { PullEvent } from '../../src/local/store/pull-event.ts';
import { failureOf } from './failure-of.ts';
import { MadeImage } from './made-image.ts';
import { greeting, greetingIn, never, StoreHarness, unpack } from './store-harness.ts';
import { waitUntil } from './wait-until.ts';

describe('ImageStore', () => {
  let harness: StoreHarness;

  beforeEach(async () => {
    harness = await StoreHarness.create();
  });

  afterEach(async () => {
    await harness.remove();
  });

  it('gives the root file system of an image, with the folders that a sandbox needs', async () => {
    const image = await MadeImage.of([
      greeting,
      { kind: 'symlink', path: 'tmp', target: '/elsewhere' },
      { kind: 'file', path: 'proc', content: 'no folder' },
      { kind: 'file', path: 'dev/null', content: 'not the device' },
    ]);
    const unpacked = await unpack(harness.newStore(), image);
    expect(await greetingIn(unpacked)).to.equal('hello');
    expect((await readdir(unpacked.root)).toSorted()).to.deep.equal(['dev', 'greeting', 'proc', 'tmp']);
    for (const name of ['dev', 'proc', 'tmp']) {
      expect((await stat(join(unpacked.root, name))).isDirectory(), name).to.equal(true);
    }
    expect(await readFile(join(unpacked.root, 'dev/null'), 'utf8')).to.equal('');
  });

  it('pulls an image once, whoever asks and however often', async () => {
    const store = harness.newStore();
    const image = await MadeImage.of([greeting]);
    await Promise.all(Array.from({ length: 20 }, async () => await unpack(store, image)));
    await unpack(store, image);
    await unpack(harness.newStore(), image);
    expect(image.pulls).to.equal(1);
    expect(await harness.leftovers()).to.deep.equal([]);
  });

  it('asks for no session when the image is there', async () => {
    const image = await MadeImage.of([greeting]);
    await unpack(harness.newStore(), image);
    const open = async (): Promise<never> => await Promise.reject(new Error('asked'));
    expect(await greetingIn(await harness.newStore().unpack(image.content, open, never))).to.equal('hello');
  });

  it('knows the accounts of the image, through its links but never outside it', async () => {
    const image = await MadeImage.of([
      { kind: 'symlink', path: 'etc/passwd', target: '/usr/share/accounts' },
      { kind: 'file', path: 'usr/share/accounts', content: 'app:x:1:2::/:' },
      { kind: 'symlink', path: 'etc/group', target: '../../../../../../../../../../../../../../etc/group' },
    ]);
    expect(await unpack(harness.newStore(), image)).to.include({ passwd: 'app:x:1:2::/:', group: '' });
  });

  it('makes the working directory of the image', async () => {
    const { content, open } = await MadeImage.of([greeting]);
    const { root } = await harness.newStore().unpack({ ...content, workingDir: '/srv/work' }, open, never);
    expect((await stat(join(root, 'srv/work'))).isDirectory()).to.equal(true);
  });

  it('lets one of several callers go without disturbing the others', async () => {
    const store = harness.newStore();
    const image = await MadeImage.of([greeting]);
    const gate = Promise.withResolvers<undefined>();
    image.gate = gate.promise;
    const controller = new AbortController();
    const gone = failureOf(unpack(store, image, controller.signal));
    const staying = unpack(store, image);
    await waitUntil(() => image.pulls === 1);
    controller.abort(new RunnerError('CANCELLED', 'gone'));
    expect((await gone).message).to.equal('gone');
    gate.resolve(undefined);
    expect(await greetingIn(await staying)).to.equal('hello');
    expect(image.pulls).to.equal(1);
  });

  it('pulls for each asker from where that one may, and lets nobody fail with what was said to another', async () => {
    const store = harness.newStore();
    const [refused, image] = [await MadeImage.of([greeting]), await MadeImage.of([greeting])];
    const gate = Promise.withResolvers<undefined>();
    refused.gate = gate.promise;
    refused.failures.push(new RunnerError('AUTH_DENIED', 'a login that was taken back'));
    const content = { ...image.content, image: 'registry.test/fn@other' };
    const first = failureOf(store.unpack(refused.content, refused.open, never, 'ada'));
    await waitUntil(() => refused.pulls === 1);
    const second = store.unpack(content, image.open, never, 'bob');
    gate.resolve(undefined);
    expect((await first).code).to.equal('AUTH_DENIED');
    expect(await greetingIn(await second)).to.equal('hello');
    expect([refused.pulls, image.pulls]).to.deep.equal([1, 1]);
  });

  it('pulls once for several askers, who all hold the image', async () => {
    const store = harness.newStore();
    const image = await MadeImage.of([greeting]);
    const held = await Promise.all(
      ['ada', 'bob', 'ada', ''].map(async (asker) => store.unpack(image.content, image.open, never, asker)),
    );
    expect(image.pulls).to.equal(1);
    for (const each of held.slice(1)) each.release();
    await store.close();
    await harness.newStore({ maxBytes: 1 }).tidy();
    for (const each of held.slice(0, 1)) expect(await greetingIn(each)).to.equal('hello');
  });

  it('stops pulling when nobody waits any more, and leaves nothing', async () => {
    const store = harness.newStore();
    const image = await MadeImage.of([greeting]);
    image.gate = Promise.withResolvers<undefined>().promise;
    const controller = new AbortController();
    const gone = failureOf(unpack(store, image, controller.signal));
    await waitUntil(() => image.pulls === 1);
    controller.abort(new RunnerError('CANCELLED', 'gone'));
    await gone;
    await waitUntil(async () => (await harness.leftovers()).length === 0);
    expect(await harness.storedRoots()).to.equal(0);
  });

  it('gives up a pull that takes too long', async () => {
    const image = await MadeImage.of([greeting]);
    image.gate = Promise.withResolvers<undefined>().promise;
    const error = await failureOf(unpack(harness.newStore({ pullTimeoutMs: 50 }), image));
    expect(error.code).to.equal('DEADLINE');
    expect(error.details.image).to.equal('registry.test/fn:v1');
  });

  it('starts over once when a connection breaks in the middle of a layer', async () => {
    const image = await MadeImage.of([greeting]);
    image.failures.push(new RunnerError('UNREACHABLE', 'the connection broke'));
    expect(await greetingIn(await unpack(harness.newStore(), image))).to.equal('hello');
    expect(image.pulls).to.equal(2);
  });

  it('fails when the connection breaks again, and tries anew for the next caller', async () => {
    const image = await MadeImage.of([greeting]);
    image.failures.push(new RunnerError('UNREACHABLE', 'once'), new RunnerError('UNREACHABLE', 'twice'));
    const store = harness.newStore();
    expect((await failureOf(unpack(store, image))).message).to.equal('twice');
    expect(await harness.leftovers()).to.deep.equal([]);
    expect(await greetingIn(await unpack(store, image))).to.equal('hello');
  });

  it('passes on what the registry said without asking again', async () => {
    const image = await MadeImage.of([greeting]);
    image.failures.push(new RunnerError('MAN_DIGEST', 'not what was asked for'));
    expect((await failureOf(unpack(harness.newStore(), image))).code).to.equal('MAN_DIGEST');
    expect(image.pulls).to.equal(1);
  });

  it('refuses a layer that is not what the config says, and keeps nothing of it', async () => {
    const [image, other] = [await MadeImage.of([greeting]), await MadeImage.of([])];
    const content = { ...image.content, diffIds: other.content.diffIds };
    expect((await failureOf(harness.newStore().unpack(content, image.open, never))).code).to.equal('LAYER_INVALID');
    expect(await harness.storedRoots()).to.equal(0);
    expect(await harness.leftovers()).to.deep.equal([]);
  });

  it('refuses an image whose config names another number of layers', async () => {
    const { content, open } = await MadeImage.of([greeting]);
    const error = await failureOf(harness.newStore().unpack({ ...content, diffIds: [] }, open, never));
    expect(error.code).to.equal('LAYER_INVALID');
  });

  it('tells how a pull goes on', async () => {
    const events: PullEvent[] = [];
    const image = await MadeImage.of([greeting]);
    await unpack(harness.newStore({ onProgress: (event) => events.push(event) }), image);
    const [size] = image.content.layers.map((layer) => layer.size);
    expect(events.map(({ kind }) => kind)).to.deep.equal(['started', 'received', 'layer-done', 'finished']);
    expect(events[0]).to.deep.include({ image: 'registry.test/fn:v1', layers: 1, bytes: size });
    expect(events[1]).to.deep.include({ bytes: size });
  });

  it('says what to do when the folder cannot be written', async () => {
    const directory = harness.path('../file');
    await writeFile(directory, '');
    const error = await failureOf(unpack(harness.newStore({ directory }), await MadeImage.of([greeting])));
    expect(error.code).to.equal('STORE_FAILED');
    expect(error.details.hint).to.include('--image-store');
  });
});
