import { readdirSync, readFileSync } from 'node:fs';

/** One line of the table: a process as proc_pid_stat(5) tells it. */
interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
}

/** The processes of this machine (of this pid namespace) at one moment. */
export class ProcessTable {
  readonly #rows: readonly ProcessRow[];

  private constructor(rows: readonly ProcessRow[]) {
    this.#rows = rows;
  }

  static read(): ProcessTable {
    const names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return new ProcessTable(names.flatMap((name) => readRow(name)));
  }

  /** The process, its process group, and all their descendants. */
  family(pid: number): readonly number[] {
    const children = Map.groupBy(this.#rows, (row) => row.parent);
    const found = new Set(this.#rows.filter((row) => row.pid === pid || row.group === pid));
    // A set may grow while it is walked; what is added is walked too.
    for (const row of found) for (const child of children.get(row.pid) ?? []) found.add(child);
    return [...found].map((row) => row.pid);
  }
}

function readRow(name: string): ProcessRow[] {
  try {
    const text = readFileSync(`/proc/${name}/stat`, 'latin1');
    // The second field is the program's name in brackets and may itself hold brackets and spaces.
    const [, parent, group] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return [{ pid: Number(name), parent: Number(parent), group: Number(group) }];
  } catch {
    return []; // It ended while we were reading.
  }
}
