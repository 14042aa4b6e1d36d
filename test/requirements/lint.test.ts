import { expect } from 'chai';
import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { runProgram } from '../support/program.ts';
import { tempFolder } from '../support/temp-folder.ts';
import type { TempFolder } from '../support/temp-folder.ts';

interface Fault {
  readonly what: string;
  readonly file: string;
  readonly code: string;
  readonly rule: string;
}

const asyncOne = 'async function one(): Promise<number> { return Promise.resolve(1); }';

const faults: readonly Fault[] = [
  { what: 'a floating promise', file: 'src/core/a.ts', code: `${asyncOne}\none();`, rule: 'no-floating-promises' },
  {
    what: 'a promise thrown to void',
    file: 'src/core/b.ts',
    code: `${asyncOne}\nvoid one();`,
    rule: 'no-floating-promises',
  },
  {
    what: 'a promise as a condition',
    file: 'src/core/c.ts',
    code: `${asyncOne}\nexport const c = one() ? 1 : 2;`,
    rule: 'no-misused-promises',
  },
  {
    what: 'an async callback where none is awaited',
    file: 'src/core/d.ts',
    code: `${asyncOne}\n[1].forEach(async () => { await one(); });`,
    rule: 'no-misused-promises',
  },
  {
    what: 'a non-null assertion',
    file: 'src/core/e.ts',
    code: 'export const e = (text?: string): string => text!;',
    rule: 'no-non-null-assertion',
  },
  {
    what: 'an unsafe type assertion',
    file: 'src/core/f.ts',
    code: 'export const f = (value: unknown): string => value as string;',
    rule: 'no-unsafe-type-assertion',
  },
  { what: 'an explicit any', file: 'src/core/g.ts', code: 'export type G = any;', rule: 'no-explicit-any' },
  {
    what: 'an unsafe assignment',
    file: 'src/core/h.ts',
    code: "export const h: string = JSON.parse('1');",
    rule: 'no-unsafe-assignment',
  },
  {
    what: 'an unsafe member access',
    file: 'src/core/i.ts',
    code: "export const i = (): void => JSON.parse('1').go();",
    rule: 'no-unsafe-member-access',
  },
  {
    what: 'an unsafe call',
    file: 'src/core/j.ts',
    code: "export const j = (): void => JSON.parse('1')();",
    rule: 'no-unsafe-call',
  },
  {
    what: 'an unsafe return',
    file: 'src/core/k.ts',
    code: "export const k = (): string => JSON.parse('1');",
    rule: 'no-unsafe-return',
  },
  {
    what: 'a switch that forgets a case',
    file: 'src/core/l.ts',
    code: "export function l(x: 'a' | 'b'): void { switch (x) { case 'a': break; } }",
    rule: 'switch-exhaustiveness-check',
  },
  { what: 'a default export', file: 'src/core/m.ts', code: 'export default 1;', rule: 'no-default-export' },
  {
    what: 'a note to finish later',
    file: 'src/core/n.ts',
    code: 'export const n = 1; // fixme: more',
    rule: 'no-warning-comments',
  },
  {
    what: 'a skipped test',
    file: 'test/o.ts',
    code: "it.skip('o', () => undefined);",
    rule: 'no-restricted-properties',
  },
];

/** Imports against the direction of docs/architecture.md: every room, one step up. */
const wrongImports: readonly (readonly [file: string, imported: string])[] = [
  ['src/core/x.ts', '../image/digest.ts'],
  ['src/image/x.ts', '../credentials/keyring.ts'],
  ['src/config/x.ts', '../image/digest.ts'],
  ['src/observe/x.ts', '../config/options.ts'],
  ['src/credentials/x.ts', '../registry/client.ts'],
  ['src/registry/x.ts', '../resolver/resolver.ts'],
  ['src/registry/y.ts', '../observe/json-log.ts'],
  ['src/signatures/x.ts', '../resolver/resolver.ts'],
  ['src/resolver/x.ts', '../local/process.ts'],
  ['src/resolver/y.ts', '../signatures/recent.ts'],
  ['src/local/x.ts', '../evaluate/evaluator.ts'],
  ['src/evaluate/x.ts', '../grpc/server.ts'],
  ['src/grpc/x.ts', '../commands/serve.ts'],
  ['src/grpc/y.ts', '../local/process.ts'],
  ['src/grpc/z.ts', '../observe/metrics.ts'],
  ['src/evaluate/y.ts', '../doctor/examine.ts'],
  ['src/doctor/x.ts', '../../test/support/service.ts'],
  ['src/commands/x.ts', '../../test/support/service.ts'],
  ['src/registry/z.ts', '../app.ts'],
];

describe('the linter', function () {
  this.timeout(30_000);
  let folder: TempFolder;
  let report = '';

  before(async () => {
    folder = await tempFolder('lint');
    for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
      await copyFile(name, join(folder.path, name));
    await symlink(resolve('node_modules'), join(folder.path, 'node_modules'));
    for (const { file, code } of faults) await put(file, code);
    for (const [file, imported] of wrongImports) await put(file, `export * from '${imported}';`);
    await put('src/registry/right.ts', "export { right } from '../credentials/right.ts';");
    await put('src/credentials/right.ts', 'export const right = 1;');
    const args = ['-c', '.oxlintrc.json', '--type-aware', '-f', 'unix'];
    report = (await runProgram(resolve('node_modules/.bin/oxlint'), args, { cwd: folder.path })).stdout;
  });

  after(async () => folder.remove());

  for (const { what, file, rule } of faults) {
    it(`refuses ${what}`, () => {
      expect(findings(file)).to.include(rule);
    });
  }

  for (const [file, imported] of wrongImports) {
    it(`refuses that ${dirname(file)} imports ${imported}`, () => {
      expect(findings(file)).to.include('no-restricted-imports');
    });
  }

  it('allows an import along the direction', () => {
    expect(findings('src/registry/right.ts')).to.equal('');
  });

  function findings(file: string): string {
    return report
      .split('\n')
      .filter((line) => line.startsWith(`${file}:`))
      .join('\n');
  }

  async function put(file: string, code: string): Promise<void> {
    await mkdir(join(folder.path, dirname(file)), { recursive: true });
    await writeFile(join(folder.path, file), `${code}\n`);
  }
});
