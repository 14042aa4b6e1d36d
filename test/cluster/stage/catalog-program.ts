import { join, resolve } from 'node:path';
import { runProgram } from '../../support/program.ts';
import { tempFolder, type TempFolder } from '../../support/temp-folder.ts';

const functions = 'github.com/kptdev/krm-functions-catalog/functions/go';
/** The checksum database is left out: `go.sum` beside the module pins every byte. */
const goEnvironment = { GOFLAGS: '-mod=readonly', GONOSUMDB: 'github.com/kptdev/*', CGO_ENABLED: '0' };

let folder: TempFolder | undefined;
const built = new Map<string, Promise<string>>();

/** Path of a static program: a function of the KRM functions catalog, like `set-namespace`; built once a run. */
export async function catalogProgram(name: string): Promise<string> {
  const known = built.get(name) ?? buildProgram(name);
  built.set(name, known);
  return known;
}

async function buildProgram(name: string): Promise<string> {
  folder ??= await tempFolder('catalog-programs');
  const path = join(folder.path, name);
  const { exitCode, stderr } = await runProgram('go', ['build', '-ldflags=-s -w', '-o', path, `${functions}/${name}`], {
    cwd: resolve('test/examples/catalog-function'),
    env: goEnvironment,
    timeoutMs: 400_000,
  });
  if (exitCode !== 0) throw new Error(`cannot build ${name}: ${stderr}`);
  return path;
}

after(async () => folder?.remove());
