import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Parts of an owner's text between dots; names that begin with an owner's text have more. */
const ownerParts = 5;
/** How long a process that we cannot see lives on after its last sign of life. */
const silenceMs = 5 * 60_000;

/**
 * One among those that share a store. Its text is the name of files that it alone makes. Owners in other containers or
 * on other machines cannot be seen; that they live is told by the age of their file in `owners`.
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
    const self = `${String(process.pid)}.${startOf(process.pid) ?? ''}`;
    this.text = `${self}.${this.#place}.${randomBytes(6).toString('hex')}`;
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
    await writeFile(join(this.#folder, this.text), this.text);
  }

  async retire(): Promise<void> {
    await rm(join(this.#folder, this.text), { force: true });
  }

  /** Whether the process that calls itself `text` may still be there. */
  async isAlive(text: string): Promise<boolean> {
    const [pid = '', start = '', boot = '', namespace = ''] = text.split('.');
    if (`${boot}.${namespace}` === this.#place) return startOf(Number(pid)) === start;
    const file = await stat(join(this.#folder, text)).catch(() => undefined);
    return file !== undefined && Date.now() - file.mtimeMs < silenceMs;
  }
}

/** The owner in a name that begins with one. */
export function ownerIn(name: string): string {
  return name.split('.').slice(0, ownerParts).join('.');
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
