import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { fromResourceList, readPackage } from '../../examples/quickstart/package-files.ts';

/** Every resource of some files with the file it is in, as plain values: order, comments and style do not matter here. */
function resources(files: ReadonlyMap<string, string>): readonly unknown[] {
  return [...files].flatMap(([file, text]) =>
    [...parseAllDocuments(text)].map((document) => {
      const resource: unknown = document.toJS();
      return { file, resource };
    }),
  );
}

describe("examples/package-expected and the functions catalog's own set-namespace", () => {
  it('agree on every resource, as the catalog function answered when it was recorded', async () => {
    const recorded = fromResourceList(await readFile('test/examples/catalog-answer.yaml', 'utf8'));
    const expected = resources(await readPackage('examples/package-expected'));
    expect(expected).to.have.length(9);
    expect(resources(recorded.files)).to.have.deep.members([...expected]);
  });
});
