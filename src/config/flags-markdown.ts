import type { OptionRow } from './option-row.ts';
import { serviceOptions } from './service-options.ts';

const introduction = `# Flags

Generated from src/config/service-options.ts by scripts/flags-doc.ts; do not edit it.

Go style: \`-name=value\`, \`--name=value\`, \`--name value\`; booleans \`--name\` or \`--name=true|false\`; \`--\` ends the flags.
Durations are Go's: \`500ms\`, \`30s\`, \`1h30m\`. Bytes may end in \`Ki\`, \`Mi\` or \`Gi\`.
A command line with faults ends with exit code 2 and names all of them.
`;

/** docs/flags.md. */
export function flagsMarkdown(): string {
  const groups = Map.groupBy<string, OptionRow>(serviceOptions, (row) => row.group);
  const sections = [...groups].map(([group, rows]) => section(group, rows));
  return `${introduction}\n${sections.join('\n')}`;
}

function section(group: string, rows: readonly OptionRow[]): string {
  const lines = rows.map(
    (row) => `| \`--${row.name}\` | ${kindText(row)} | ${defaultText(row)} | ${escaped(row.help)} |`,
  );
  return `## ${group}\n\n| flag | value | default | |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`;
}

function kindText(row: OptionRow): string {
  const choices = row.choices?.map((choice) => `\`${choice}\``).join(', ');
  if (row.kind === 'choice') return choices ?? '';
  return choices === undefined ? row.kind : `${row.kind} of ${choices}`;
}

function defaultText(row: OptionRow): string {
  return row.default === '' ? '' : `\`${row.default}\``;
}

function escaped(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('*', String.raw`\*`);
}
