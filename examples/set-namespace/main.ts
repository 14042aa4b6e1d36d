import { text } from 'node:stream/consumers';
import { ResourceList } from './resource-list.ts';
import { run } from './run.ts';

/** The function's whole life: a ResourceList in on stdin, out on stdout; exit code 1 when it could not do its work. */
async function main(): Promise<void> {
  const list = new ResourceList(await text(process.stdin));
  const results = run(list);
  list.report(results);
  process.stdout.write(list.toString());
  if (results.some(({ severity }) => severity === 'error')) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`set-namespace: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
