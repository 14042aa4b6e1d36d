import type { CommandIo, OutputStream } from './command-io.ts';

type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green';

const codes: Readonly<Record<Style, string>> = { bold: '1', dim: '2', red: '31', yellow: '33', green: '32' };

export type Paint = (style: Style, text: string) => string;

/** Colours for a stream: only on a terminal, and not with `NO_COLOR`. https://no-color.org */
export function paintFor(stream: OutputStream, environment: CommandIo['environment']): Paint {
  const colours = stream.isTTY && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
  return (style, text) => (colours ? `\u001B[${codes[style]}m${text}\u001B[0m` : text);
}
