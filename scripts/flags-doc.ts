/** Writes docs/flags.md from the table of flags; with --check only says whether it is up to date. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { flagsMarkdown } from '../src/config/flags-markdown.ts';

const path = fileURLToPath(new URL('../docs/flags.md', import.meta.url));
const text = await format(flagsMarkdown(), { parser: 'markdown' });

if (!process.argv.includes('--check')) {
  await writeFile(path, text);
} else if ((await readFile(path, 'utf8').catch(() => '')) !== text) {
  console.error('docs/flags.md is stale: run node scripts/flags-doc.ts');
  process.exitCode = 1;
}
