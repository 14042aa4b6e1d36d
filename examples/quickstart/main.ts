import { GrpcFailure } from '../../src/rpc/grpc-failure.ts';
import { Narrator } from './narrator.ts';
import { ownImageLines } from './own-image.ts';
import { quickstart } from './quickstart.ts';
import { createWorkFolder, removeWorkFolder } from './work-folder.ts';

/** `npm run quickstart`: exit code 0 only when the function's answer is the expected package. */
async function main(): Promise<void> {
  const startedAt = performance.now();
  const narrator = new Narrator(process.stdout, process.env);
  const interrupt = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    interrupt.abort(new Error(`stopped by ${name}`));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, onSignal);
  process.stdout.on('error', (error) => {
    interrupt.abort(error); // nobody reads any more: `| head`
  });
  process.exitCode = 1;
  try {
    await using cleanup = new AsyncDisposableStack();
    const folder = await createWorkFolder(process.env);
    cleanup.defer(async () => removeWorkFolder(folder));
    if (await quickstart({ narrator, folder, signal: interrupt.signal, cleanup })) process.exitCode = 0;
  } catch (error) {
    process.exitCode = 1;
    narrator.text('', ...failureLines(interrupt.signal, error));
    return;
  }
  narrator.text(`    Everything is cleaned up, after ${((performance.now() - startedAt) / 1000).toFixed(1)} s.`);
  if (process.exitCode === 0) narrator.text(...ownImageLines);
}

/** What went wrong and what would help, without a stack: whoever types this command has not written it. */
function failureLines(interrupt: AbortSignal, error: unknown): readonly string[] {
  if (interrupt.aborted) return [`The quickstart was ${messageOf(interrupt.reason)}; everything is cleaned up.`];
  const message = `The quickstart failed: ${messageOf(error)}`;
  return error instanceof GrpcFailure && error.hint !== '' ? [message, error.hint] : [message];
}

function messageOf(error: unknown): string {
  if (error instanceof GrpcFailure) return `${error.status} ${error.reason}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

await main();
