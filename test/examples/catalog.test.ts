import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { fromResourceList, readPackage, toResourceList } from '../../examples/quickstart/package-files.ts';
import { runProgram } from '../support/program.ts';
import { requires } from '../support/requires.ts';
import { tempFolder, type TempFolder } from '../support/temp-folder.ts';

const catalogFunction = 'github.com/kptdev/krm-functions-catalog/functions/go/set-namespace';

/** The checksum database is left out: `go.sum` beside the module pins every byte. */
const goEnvironment = { GOFLAGS: '-mod=readonly', GONOSUMDB: 'github.com/kptdev/*' };

/** Every resource of some files with the file it is in, as plain values: order, comments and style do not matter here. */
function resources(files: ReadonlyMap<string, string>): readonly unknown[] {
  return [...files].flatMap(([file, text]) =>
    [...parseAllDocuments(text)].map((document) => {
      const resource: unknown = document.toJS();
      return { file, resource };
    }),
  );
}

describe("examples/package-expected and the functions catalog's own set-namespace", function () {
  requires('go');
  this.timeout(420_000);

  let folder: TempFolder;
  before(async () => {
    folder = await tempFolder('catalog-function');
  });
  after(async () => folder.remove());

  it('agree on every resource', async () => {
    const binary = join(folder.path, 'set-namespace');
    const built = await runProgram('go', ['build', '-o', binary, catalogFunction], {
      cwd: resolve('test/examples/catalog-function'),
      env: goEnvironment,
      timeoutMs: 400_000,
    });
    expect(built.exitCode, built.stderr).to.equal(0);
    const input = toResourceList(await readPackage('examples/package'), { namespace: 'prod' });
    const answer = await runProgram(binary, [], { input });
    expect(answer.exitCode, answer.stderr).to.equal(0);
    const expected = resources(await readPackage('examples/package-expected'));
    expect(expected).to.have.length(9);
    expect(resources(fromResourceList(answer.stdout).files)).to.have.deep.members([...expected]);
  });
});
