import type { OptionRow } from './option-row.ts';

const width = 100;
const indent = '      ';

/** The flags of a table by group, as `--help` prints them. */
export function flagsHelp(table: readonly OptionRow[]): string {
  const groups = Map.groupBy(table, (row) => row.group);
  return [...groups].map(([group, rows]) => `${group}:\n${rows.map(rowHelp).join('')}`).join('\n');
}

function rowHelp(row: OptionRow): string {
  const short = row.short === undefined ? '' : `-${row.short}, `;
  const names = `  ${short}--${row.name}${valueShape(row)}`;
  return `${names}${defaultText(row)}\n${wrapped(row.help)}\n`;
}

/** What stands for the value, like `=DURATION`. */
function valueShape(row: OptionRow): string {
  switch (row.kind) {
    case 'boolean':
      return '';
    case 'choice':
      return `=${row.choices?.join('|') ?? ''}`;
    case 'list':
      return row.repeatable === true ? '=TEXT' : `=${row.choices?.join(',') ?? 'LIST'}`;
    case 'string':
      return '=TEXT';
    case 'integer':
      return '=NUMBER';
    case 'bytes':
      return '=BYTES';
    case 'duration':
      return '=DURATION';
  }
}

function defaultText(row: OptionRow): string {
  return row.default === '' ? '' : ` (default ${row.default})`;
}

function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && indent.length + line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => indent + line).join('\n');
}
