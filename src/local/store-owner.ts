import { readFileSync, readlinkSync } from 'node:fs';
import { rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** How long a process that we cannot see lives on after its last sign of life. */
const silenceMs = 5 * 60_000;

/**
 * One process among those that share a store. Its text is the name of files that it alone makes. Processes in other
 * containers or on other machines cannot be seen; they are told by the age of their file in `owners`.
 */
export class StoreOwner {
  readonly text: string;
  /** Names the boot of this machine. */
  readonly boot: string;
  readonly #place: string;
  readonly #folder: string;

  private constructor(folder: string, boot: string, namespace: string) {
    this.#folder = folder;
    this.boot = boot;
    this.#place = `${boot}.${namespace}`;
    this.text = `${String(process.pid)}.${startOf(process.pid) ?? ''}.${this.#place}`;
  }

  static async register(folder: string): Promise<StoreOwner> {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim().slice(0, 8);
    const namespace = readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, '');
    const owner = new StoreOwner(folder, boot, namespace);
    await writeFile(join(folder, owner.text), '');
    return owner;
  }

  /** A sign of life for those who cannot see this process. */
  async renew(): Promise<void> {
    const now = new Date();
    await utimes(join(this.#folder, this.text), now, now);
  }

  async retire(): Promise<void> {
    await rm(join(this.#folder, this.text), { force: true });
  }

  /** Whether the process that calls itself `text` may still be there. */
  async isAlive(text: string): Promise<boolean> {
    const [pid = '', start = '', ...place] = text.split('.');
    if (place.join('.') === this.#place) return startOf(Number(pid)) === start;
    const file = await stat(join(this.#folder, text)).catch(() => undefined);
    return file !== undefined && Date.now() - file.mtimeMs < silenceMs;
  }
}

/** When a process started, in ticks since boot: the field 22 of proc_pid_stat(5). It tells apart those who had one pid. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
