/** One tar entry, nothing of it checked, so that hostile ones can be made. */
export interface RawEntry {
  readonly name: string;
  /** `0` file, `1` hard link, `2` symbolic link, `3` and `4` devices, `5` folder, `6` fifo, `x` and `g` PAX, `L` GNU name. */
  readonly type?: string;
  readonly mode?: number;
  readonly linkName?: string;
  readonly content?: string | Buffer;
  /** What the header says, if not the truth. */
  readonly size?: number;
  readonly modifiedSeconds?: number;
  readonly magic?: string;
}

const blockBytes = 512;

export const folder = (name: string): RawEntry => ({ name, type: '5' });
export const file = (name: string, content = name): RawEntry => ({ name, content });
export const symlink = (name: string, linkName: string): RawEntry => ({ name, type: '2', linkName });
export const hardLink = (name: string, linkName: string): RawEntry => ({ name, type: '1', linkName });

/** A tar file of the entries, in their order, with the two empty blocks at the end. */
export function rawTar(entries: readonly RawEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(rawEntry), Buffer.alloc(2 * blockBytes)]);
}

/** The PAX header that gives the next entry these values. */
export function pax(values: Readonly<Record<string, string>>, type: 'x' | 'g' = 'x'): RawEntry {
  return { name: 'PaxHeaders/entry', type, content: Object.entries(values).map(paxRecord).join('') };
}

function paxRecord([key, value]: readonly [string, string]): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (String(length).length + Buffer.byteLength(rest) !== length) length += 1;
  return `${String(length)}${rest}`;
}

function rawEntry(entry: RawEntry): readonly Buffer[] {
  const content = Buffer.from(entry.content ?? '');
  const padding = Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes);
  return [header(entry, content.length), content, padding];
}

function header(entry: RawEntry, size: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.write(entry.name, 0, 100);
  block.write(octal(entry.mode ?? 0o644, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(entry.size ?? size, 11), 124);
  block.write(octal(entry.modifiedSeconds ?? 0, 11), 136);
  block.fill(' ', 148, 156);
  block.write(entry.type ?? '0', 156);
  block.write(entry.linkName ?? '', 157, 100);
  block.write(entry.magic ?? 'ustar\x0000', 257, 8, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}
