import { Readable } from 'node:stream';
import { expect } from 'chai';
import type { CommandIo } from '../../src/commands/command-io.ts';
import { pullProgress } from '../../src/commands/pull-progress.ts';

function ioWith(isTTY: boolean, written: string[]): CommandIo {
  const stderr = { write: (text: string) => written.push(text), isTTY };
  const { signal } = new AbortController();
  return { stdout: stderr, stderr, stdin: Readable.from([]), environment: {}, stop: signal, hurry: signal };
}

const image = 'registry.example/fn:v1';

describe('the progress of a pull', () => {
  for (const [isTTY, end] of [
    [true, 'finished'],
    [true, 'failed'],
    [false, 'finished'],
  ] as const) {
    it(`is ${isTTY ? `one line that is wiped when the pull has ${end}, on a terminal` : 'not shown in a pipe'}`, () => {
      const written: string[] = [];
      const progress = pullProgress(ioWith(isTTY, written));
      progress({ kind: 'started', image, layers: 1, bytes: 12_000_000 });
      progress({ kind: 'received', image, bytes: 3_400_000 });
      progress({ kind: end, image });
      expect(written.join('')).to.equal(isTTY ? `\r\u001B[Kpulling ${image}: 0.0 of 12.0 MB\r\u001B[K` : '');
    });
  }
});
