import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cleanEnvironment, runProgram } from '../program.ts';

/**
 * The network of one pod: a namespace of its own with loopback and one address, which this machine reaches and nobody
 * else. It is held by one sleeping process; with that, and with this one, it is gone.
 */
export class PodNetwork {
  readonly address: string;
  /** A process inside. */
  readonly pid: number;
  readonly #holder: ChildProcess;
  readonly #link: string;

  private constructor(address: string, link: string, holder: ChildProcess) {
    this.address = address;
    this.pid = holder.pid ?? -1;
    this.#holder = holder;
    this.#link = link;
  }

  /** Needs root. */
  static async create(): Promise<PodNetwork> {
    const holder = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', '--net', 'sleep', '3600'], {
      env: cleanEnvironment(),
      stdio: 'ignore',
    });
    await once(holder, 'spawn');
    try {
      await inOwnNamespace(holder.pid ?? -1);
      const { address, link } = await addLink(holder.pid ?? -1);
      return new PodNetwork(address, link, holder);
    } catch (error) {
      holder.kill('SIGKILL');
      throw error;
    }
  }

  /**
   * Packets are dropped in silence, as when a node has lost its power. This machine's end stays up: without its route the
   * packets would go wherever the machine sends what it does not know.
   */
  async cut(): Promise<void> {
    await must('nsenter', ['--target', String(this.pid), '--net', 'ip', 'link', 'set', 'eth0', 'down']);
  }

  async remove(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const exited = once(this.#holder, 'exit');
    this.#holder.kill('SIGKILL');
    await exited;
    // It goes with its namespace, but a moment later; the address is free for another pod only then.
    await runProgram('ip', ['link', 'delete', this.#link]);
  }
}

const tries = 50;

/** `unshare` has to have come that far. */
async function inOwnNamespace(pid: number): Promise<void> {
  const own = await namespaceOf('self');
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if ((await namespaceOf(String(pid))) !== own) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('no network namespace was made');
}

async function namespaceOf(pid: string): Promise<string> {
  return (await runProgram('readlink', [`/proc/${pid}/ns/net`])).stdout;
}

/** An address has its link's name, so two processes cannot take the same one. Range: RFC 2544, for tests of networks. */
async function addLink(pid: number): Promise<{ readonly address: string; readonly link: string }> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const [third, fourth] = [Math.floor(Math.random() * 256), 2 + Math.floor(Math.random() * 252)];
    const link = `krmpod-${third.toString(16)}-${fourth.toString(16)}`;
    const address = `198.19.${String(third)}.${String(fourth)}`;
    const added = await runProgram('ip', [
      'link',
      'add',
      link,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'address',
      hardwareAddress(third, fourth),
      'netns',
      String(pid),
    ]);
    if (added.exitCode === 0) {
      await configure(pid, link, address);
      // Known for good, so that a pod that is cut off is not told of as unreachable.
      const neighbour = [address, 'lladdr', hardwareAddress(third, fourth), 'nud', 'permanent', 'dev', link];
      await must('ip', ['neighbour', 'replace', ...neighbour]);
      return { address, link };
    }
    if (!added.stderr.includes('File exists')) throw new Error(`ip link add: ${added.stderr}`);
  }
  throw new Error('no address is free');
}

async function configure(pid: number, link: string, address: string): Promise<void> {
  const inside = ['--target', String(pid), '--net', 'ip'];
  await must('ip', ['address', 'add', gateway, 'peer', address, 'dev', link]);
  await must('ip', ['link', 'set', link, 'up']);
  await must('nsenter', [...inside, 'link', 'set', 'lo', 'up']);
  await must('nsenter', [...inside, 'address', 'add', address, 'peer', gateway, 'dev', 'eth0']);
  await must('nsenter', [...inside, 'link', 'set', 'eth0', 'up']);
}

const gateway = '198.18.0.1';

/** One that nobody has: locally administered. */
function hardwareAddress(third: number, fourth: number): string {
  const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
  return `02:00:c6:13:${hex(third)}:${hex(fourth)}`;
}

async function must(command: string, args: readonly string[]): Promise<void> {
  const result = await runProgram(command, args, { timeoutMs: 10_000 });
  if (result.exitCode !== 0) throw new Error(`${command} ${args.join(' ')}: ${result.stderr}`);
}
