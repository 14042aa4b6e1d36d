import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv, exit, stdin, stdout } from 'node:process';

import { noCounters } from '../../src/core/counters.ts';
import { silentLog } from '../../src/core/log.ts';
import { ImageStore } from '../../src/local/store/image-store.ts';
import { MadeImage } from './made-image.ts';

/**
 * A process that shares a store: `store-process.ts STORE TAR [hang]`. It waits for a line on stdin, unpacks the tar as an
 * image, prints how often it pulled and the greeting in the image, and keeps its lease until stdin ends.
 */
const [, , directory = '', tarFile = '', mode] = argv;

const image = MadeImage.ofTar(await readFile(tarFile));
if (mode === 'hang') image.gate = Promise.withResolvers<undefined>().promise;
const store = new ImageStore({ directory, maxBytes: 1e9, log: silentLog, counters: noCounters });
stdout.write('ready\n');

stdin.once('data', () => {
  work().catch((error: unknown) => {
    stdout.write(`${String(error)}\n`);
    exit(1);
  });
});

async function work(): Promise<void> {
  const unpacking = store.unpack(image.content, image.open, new AbortController().signal);
  if (mode === 'hang') {
    while (image.pulls === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stdout.write('pulling\n');
  }
  const { root } = await unpacking;
  stdout.write(`${String(image.pulls)} ${await readFile(join(root, 'greeting'), 'utf8')}\n`);
  stdin.once('end', () => {
    store.close().then(
      () => exit(0),
      () => exit(1),
    );
  });
}
