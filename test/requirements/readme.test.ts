import { expect } from 'chai';
import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { statusNameOf } from '../../src/grpc/status-table.ts';
import { jsonAt } from '../support/json-at.ts';

const documents = [
  'README.md',
  'docs/architecture.md',
  'docs/private-registries.md',
  'docs/function-pods.md',
  'bench/README.md',
];

describe('the documentation', () => {
  for (const [code, status] of Object.entries(statusNameOf)) {
    it(`lists ${code} under ${status}`, async () => {
      const rows = statusRows(await readFile('README.md', 'utf8'));
      const said = rows.get(status) ?? '';
      expect(said.includes(`\`${code}\``) || said.includes(`\`${code.slice(0, code.indexOf('_'))}_…\``)).to.equal(true);
    });
  }

  for (const document of documents) {
    it(`has no dead link in ${document}`, async () => {
      const links = (await readFile(document, 'utf8')).matchAll(/\]\((?!https?:)([^)#]+)/g);
      for (const [, target = ''] of links) await access(join(dirname(document), target));
    });
  }

  it('names only npm scripts that there are', async () => {
    const scripts = jsonAt(JSON.parse(await readFile('package.json', 'utf8')), 'scripts');
    const used = (await readFile('README.md', 'utf8')).matchAll(/npm run (?:--silent )?([a-z-]+)/g);
    for (const [, name] of used) expect(scripts).to.have.property(name ?? '');
  });
});

/** Status → its rows of the table of errors; a row without a status belongs to the one above. */
function statusRows(readme: string): ReadonlyMap<string, string> {
  const rows = new Map<string, string>();
  let statuses: readonly string[] = [];
  for (const [, first = '', second = ''] of readme.matchAll(/^\| ([^|]*)\| ([^|]*)\|/gm)) {
    const named = Array.from(first.matchAll(/`([A-Z_]+)`/g), ([, name = '']) => name);
    if (named.length > 0) statuses = named;
    else if (first.trim() !== '') statuses = [];
    for (const status of statuses) rows.set(status, `${rows.get(status) ?? ''} ${second}`);
  }
  return rows;
}
