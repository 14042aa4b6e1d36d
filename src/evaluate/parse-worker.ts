import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type KrmOutput, notResourceList, parseDocument } from './krm-document.ts';

const timeoutMs = 20_000;
let last: Promise<unknown> = Promise.resolve();

/**
 * {@link parseDocument} away from the event loop, for a text that would hold up every other call. One at a time, since
 * each thread has a heap of its own. Never throws.
 */
export async function parseInWorker(text: string): Promise<KrmOutput> {
  const parsed = last.then(async () => runWorker(text));
  last = parsed;
  return parsed;
}

async function runWorker(text: string): Promise<KrmOutput> {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: text,
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  const { promise, resolve } = Promise.withResolvers<KrmOutput>();
  const timer = setTimeout(() => {
    resolve(notResourceList('it takes too long to parse'));
  }, timeoutMs);
  worker.once('message', resolve);
  worker.once('error', () => {
    resolve(notResourceList('it takes too much memory to parse'));
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

function parseInThisThread(): void {
  const text: unknown = workerData;
  if (typeof text === 'string') parentPort?.postMessage(parseDocument(text), []);
}

if (!isMainThread) parseInThisThread();
