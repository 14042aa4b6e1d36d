import { text } from 'node:stream/consumers';
import { ConfigError, readConfig } from './config.ts';
import { ResourceList, type Result } from './resource-list.ts';
import { setNamespace } from './set-namespace.ts';

/** The function's whole life: a ResourceList in on stdin, out on stdout; exit code 1 when it could not do its work. */
async function main(): Promise<void> {
  const list = new ResourceList(await text(process.stdin));
  const results = run(list);
  list.report(results);
  process.stdout.write(list.toString());
  if (results.some(({ severity }) => severity === 'error')) process.exitCode = 1;
}

function run(list: ResourceList): readonly Result[] {
  try {
    const config = readConfig(list.functionConfig);
    const { fields, annotations, previous } = setNamespace(list.items, config);
    const from = previous.length === 0 ? '' : ` (before: ${previous.join(', ')})`;
    const counts = `${String(fields)} fields and ${String(annotations)} depends-on annotations`;
    return [{ severity: 'info', message: `namespace "${config.namespace}" set in ${counts}${from}` }];
  } catch (error) {
    if (error instanceof ConfigError) return [{ severity: 'error', message: error.message }];
    throw error;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`set-namespace: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
