import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { diffLines, hunks } from '../../examples/quickstart/line-diff.ts';
import { dockerConfigJson, mountSecret } from '../../examples/quickstart/mounted-secrets.ts';
import { Narrator } from '../../examples/quickstart/narrator.ts';
import { librariesIn } from '../../examples/quickstart/shared-libraries.ts';
import { createWorkFolder, removeWorkFolder } from '../../examples/quickstart/work-folder.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** Old text, new text, and the diff with one line of context: space, minus and plus as in a patch, `|` between hunks. */
const diffs: readonly { readonly title: string; readonly old: string; readonly now: string; readonly diff: string }[] =
  [
    { title: 'nothing', old: 'a\nb\n', now: 'a\nb\n', diff: '' },
    { title: 'a changed line', old: 'a\nb\nc\n', now: 'a\nB\nc\n', diff: ' a -b +B  c' },
    { title: 'an added line', old: 'a\nc\n', now: 'a\nb\nc\n', diff: ' a +b  c' },
    { title: 'a removed line', old: 'a\nb\nc\n', now: 'a\nc\n', diff: ' a -b  c' },
    { title: 'a new file', old: '', now: 'a\n', diff: '+a' },
    { title: 'a file that is gone', old: 'a\n', now: '', diff: '-a' },
    { title: 'changes far apart', old: '1\n2\n3\n4\n5\n6\n', now: 'x\n2\n3\n4\n5\ny\n', diff: '-1 +x  2 |  5 -6 +y' },
    { title: 'a moved line', old: 'a\nb\nc\n', now: 'b\nc\na\n', diff: '-a  b  c +a' },
  ];

describe('the diff of the quickstart', () => {
  for (const { title, old, now, diff } of diffs) {
    it(`shows ${title}`, () => {
      const signs = { same: ' ', removed: '-', added: '+' } as const;
      const shown = hunks(diffLines(old, now), 1).map((hunk) =>
        hunk.map(({ kind, text }) => signs[kind] + text).join(' '),
      );
      expect(shown.join(' | ')).to.equal(diff);
    });
  }
});

describe('the secrets of the quickstart', () => {
  it('lie as the kubelet mounts them: links through ..data', async () => {
    const folder = await tempFolder('mounted');
    try {
      const path = join(folder.path, 'secret');
      await mountSecret(path, { 'ca.crt': 'text' });
      const names = (await readdir(path)).toSorted();
      expect(names).to.have.length(3).and.to.include.members(['..data', 'ca.crt']);
      expect(await readlink(join(path, 'ca.crt'))).to.equal('..data/ca.crt');
      expect(names).to.include(await readlink(join(path, '..data')));
      expect(await readFile(join(path, 'ca.crt'), 'utf8')).to.equal('text');
      expect(((await stat(join(path, 'ca.crt'))).mode & 0o777).toString(8)).to.equal('600');
    } finally {
      await folder.remove();
    }
  });

  it('hold the login of the registry as docker writes it', () => {
    const text = dockerConfigJson('registry.example:5000', 'ann', 'a:b:c');
    expect(JSON.parse(text)).to.deep.equal({ auths: { 'registry.example:5000': { auth: 'YW5uOmE6Yjpj' } } });
  });
});

describe('the libraries of a program', () => {
  it('are the files that ldd names, each once, and not the one of the kernel', () => {
    const output = [
      '\tlinux-vdso.so.1 (0x00007f0ef42fc000)',
      '\tlibstdc++.so.6 => /lib/x86_64-linux-gnu/libstdc++.so.6 (0x00007f0ef4000000)',
      '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f0ef3d3e000)',
      '\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f0ef3d3e000)',
      '\tlibmissing.so => not found',
      '\t/lib64/ld-linux-x86-64.so.2 (0x00007f0ef42fe000)',
    ].join('\n');
    expect(librariesIn(output)).to.deep.equal([
      '/lib/x86_64-linux-gnu/libstdc++.so.6',
      '/lib/x86_64-linux-gnu/libc.so.6',
      '/lib64/ld-linux-x86-64.so.2',
    ]);
  });
});

const outputs = [
  { title: 'a terminal', isTTY: true, environment: {}, coloured: true },
  { title: 'a terminal with NO_COLOR', isTTY: true, environment: { NO_COLOR: '1' }, coloured: false },
  { title: 'a terminal with an empty NO_COLOR', isTTY: true, environment: { NO_COLOR: '' }, coloured: true },
  { title: 'a file', isTTY: false, environment: {}, coloured: false },
] as const;

describe('what the quickstart tells', () => {
  for (const { title, isTTY, environment, coloured } of outputs) {
    it(`has ${coloured ? 'colours' : 'no colours'} on ${title}`, () => {
      const written: string[] = [];
      const narrator = new Narrator({ isTTY, write: (text) => written.push(text) }, environment);
      narrator.diff('file', [[{ kind: 'added', text: 'a' }]]);
      expect(written.join('').includes('\u001B[32m')).to.equal(coloured);
      expect(written.join('')).to.contain('+ a');
    });
  }

  it('is numbered', () => {
    const written: string[] = [];
    const narrator = new Narrator({ write: (text) => written.push(text) }, {});
    narrator.step('first');
    narrator.more('more of it');
    narrator.step('second');
    expect(written.join('')).to.equal(' 1. first\n    more of it\n 2. second\n');
  });
});

describe('the work folder of the quickstart', () => {
  it('is in the cache folder of the user', async () => {
    const cache = await tempFolder('cache');
    try {
      const folder = await createWorkFolder({ XDG_CACHE_HOME: join(cache.path, 'new') });
      expect(folder.startsWith(join(cache.path, 'new', 'krm-function-runner-quickstart-'))).to.equal(true);
      await removeWorkFolder(folder);
      expect(await readdir(join(cache.path, 'new'))).to.deep.equal([]);
    } finally {
      await cache.remove();
    }
  });

  it('is in the temporary folder where there is no cache folder to write to', async () => {
    const folder = await createWorkFolder({ XDG_CACHE_HOME: '/dev/null/cache' });
    expect(folder.startsWith(join(tmpdir(), 'krm-function-runner-quickstart-'))).to.equal(true);
    await removeWorkFolder(folder);
  });
});
