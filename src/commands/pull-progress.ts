import type { PullEvent } from '../local/store/pull-event.ts';
import type { CommandIo } from './command-io.ts';

const intervalMs = 100;
const clearLine = '\r\u001B[K';

/** One line on a terminal's stderr while an image is pulled; nothing elsewhere. */
export function pullProgress({ stderr }: CommandIo): (event: PullEvent) => void {
  if (!stderr.isTTY) return () => undefined;
  let totalBytes = 0;
  let receivedBytes = 0;
  let shownAtMs = 0;
  return (event) => {
    const ended = event.kind === 'finished' || event.kind === 'failed';
    if (ended) stderr.write(clearLine);
    if (event.kind === 'started') [totalBytes, receivedBytes, shownAtMs] = [event.bytes, 0, 0];
    if (event.kind === 'received') receivedBytes += event.bytes;
    const nowMs = performance.now();
    if (ended || nowMs - shownAtMs < intervalMs) return;
    shownAtMs = nowMs;
    stderr.write(`${clearLine}pulling ${event.image}: ${megabytes(receivedBytes)} of ${megabytes(totalBytes)} MB`);
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
