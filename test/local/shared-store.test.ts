import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { ImageStore } from '../../src/local/store/image-store.ts';
import { type TempFolder, tempFolder } from '../support/temp-folder.ts';
import { rawTar } from './raw-tar.ts';

const script = fileURLToPath(new URL('store-process.ts', import.meta.url));

/** A process of its own that shares the store. */
class StoreProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  static async start(...args: readonly string[]): Promise<StoreProcess> {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    const started = new StoreProcess(child);
    expect(await started.line()).to.equal('ready');
    return started;
  }

  go(): void {
    this.#child.stdin.write('go\n');
  }

  async line(): Promise<string> {
    const next = await this.#lines.next();
    return next.done === true ? '' : next.value;
  }

  async end(signal?: 'SIGKILL'): Promise<void> {
    const gone =
      this.#child.exitCode === null && this.#child.signalCode === null ? once(this.#child, 'exit') : undefined;
    if (signal === undefined) this.#child.stdin.end();
    else this.#child.kill(signal);
    await gone;
  }
}

describe('a store shared by several processes', () => {
  let folder: TempFolder;
  let directory = '';
  let tar = '';
  let processes: StoreProcess[] = [];

  beforeEach(async () => {
    folder = await tempFolder('shared-store-test');
    directory = join(folder.path, 'store');
    tar = join(folder.path, 'layer.tar');
    processes = [];
    const many = Array.from({ length: 300 }, (_, index) => ({ name: `many/${String(index)}`, content: 'x' }));
    await writeFile(tar, rawTar([...many, { name: 'greeting', content: 'hello' }]));
  });

  afterEach(async () => {
    for (const each of processes) await each.end('SIGKILL');
    await folder.remove();
  });

  async function start(...args: readonly string[]): Promise<StoreProcess> {
    const started = await StoreProcess.start(directory, tar, ...args);
    processes.push(started);
    return started;
  }

  it('has one of them pull an image that all of them want at once', async () => {
    const all = await Promise.all([start(), start(), start()]);
    for (const each of all) each.go();
    const lines = await Promise.all(all.map(async (each) => await each.line()));
    expect(lines.toSorted()).to.deep.equal(['0 hello', '0 hello', '1 hello']);
    expect(await readdir(join(directory, 'v1/work'))).to.deep.equal([]);
  });

  it('goes on when the one that pulls is killed', async () => {
    const [first, second] = [await start('hang'), await start()];
    first.go();
    expect(await first.line()).to.equal('pulling');
    second.go();
    await first.end('SIGKILL');
    expect(await second.line()).to.equal('1 hello');
  });

  it('keeps what another process uses, and evicts it once that one has gone', async () => {
    const user = await start();
    user.go();
    expect(await user.line()).to.equal('1 hello');
    const store = new ImageStore({ directory, maxBytes: 1, log: silentLog, counters: noCounters });
    await store.tidy();
    expect(await readdir(join(directory, 'v1/roots'))).to.have.length(1);
    await store.close();
    await user.end();
    const later = new ImageStore({ directory, maxBytes: 1, log: silentLog, counters: noCounters });
    await later.tidy();
    expect(await readdir(join(directory, 'v1/roots'))).to.deep.equal([]);
    await later.close();
  });

  it('evicts what a process used that was killed', async () => {
    const user = await start();
    user.go();
    await user.line();
    await user.end('SIGKILL');
    const store = new ImageStore({ directory, maxBytes: 1, log: silentLog, counters: noCounters });
    await store.tidy();
    expect(await readdir(join(directory, 'v1/roots'))).to.deep.equal([]);
    await store.close();
  });
});
