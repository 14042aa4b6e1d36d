import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

const keptLines = 20;

/**
 * Waits for the log line with which the service says where it serves, and goes on reading so that the service never
 * waits for its reader. Rejects with the last lines of the log when the service ends before.
 */
export async function servingAddress(child: ChildProcess, signal: AbortSignal): Promise<string> {
  const last: string[] = [];
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(new Error(`the service did not start in time:\n${last.join('\n')}`, { cause: signal.reason }));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    child.once('error', reject);
    child.once('close', (code, ended) => {
      reject(new Error(`the service ended (${String(code ?? ended)}):\n${last.join('\n')}`));
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        const address = addressIn(line);
        if (address !== undefined) resolve(address);
        last.push(line);
        if (last.length > keptLines) last.shift();
      });
    }
  });
}

function addressIn(line: string): string | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    const isServing = typeof entry === 'object' && entry !== null && 'msg' in entry && entry.msg === 'serving';
    return isServing && 'address' in entry && typeof entry.address === 'string' ? entry.address : undefined;
  } catch {
    return undefined;
  }
}
