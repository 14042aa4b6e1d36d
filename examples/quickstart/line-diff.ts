/** One line of a diff: in both texts, only in the old one, or only in the new one. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** The shortest way from one text to the other, line by line, by their longest common subsequence. */
export function diffLines(before: string, after: string): readonly DiffLine[] {
  const old = linesOf(before);
  const now = linesOf(after);
  const common = commonLengths(old, now);
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  const lines: DiffLine[] = [];
  let i = 0;
  let j = 0;
  while (i < old.length || j < now.length) {
    const left = old[i];
    const right = now[j];
    if (left !== undefined && left === right) {
      lines.push({ kind: 'same', text: left });
      i += 1;
      j += 1;
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'removed', text: left });
      i += 1;
    } else if (right !== undefined) {
      lines.push({ kind: 'added', text: right });
      j += 1;
    }
  }
  return lines;
}

/** Only what changed, with up to `context` unchanged lines around it. */
export function hunks(lines: readonly DiffLine[], context: number): readonly (readonly DiffLine[])[] {
  const near = (at: number): boolean =>
    lines.slice(Math.max(0, at - context), at + context + 1).some(({ kind }) => kind !== 'same');
  const found: DiffLine[][] = [];
  for (const [at, line] of lines.entries()) {
    if (!near(at)) continue;
    if (at === 0 || !near(at - 1)) found.push([]);
    found.at(-1)?.push(line);
  }
  return found;
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** `[i][j]`: how many lines the texts have in common from line i of the old and line j of the new one on. */
function commonLengths(old: readonly string[], now: readonly string[]): readonly (readonly number[])[] {
  const rows: number[][] = [Array.from({ length: now.length + 1 }, () => 0)];
  for (const line of old.toReversed()) {
    const below = rows[0] ?? [];
    const row = [0];
    for (let j = now.length - 1; j >= 0; j -= 1) {
      const longest = line === now[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[0] ?? 0);
      row.unshift(longest);
    }
    rows.unshift(row);
  }
  return rows;
}
