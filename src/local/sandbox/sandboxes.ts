import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { RunnerError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { Bubblewrap } from './bubblewrap.ts';
import { deviceFolder, ownsHostDevices } from './device-folder.ts';
import { findProgram } from './find-program.ts';
import { makeMountPoints } from './mount-points.ts';
import { runProcess } from '../process/process.ts';
import type { Sandbox } from './sandbox.ts';
import { Unshare } from './unshare.ts';
import { nobody } from './user.ts';

export interface SandboxesOptions {
  /** The folders where `bwrap`, `unshare` and `setpriv` are looked for, as in PATH. */
  readonly path: string;
  /** The folder of the image store: what works has to work there. */
  readonly directory: string;
  readonly log: Log;
}

/** Something to try, or why it cannot even be tried. */
type Candidate = { readonly name: string } & ({ readonly sandbox: Sandbox } | { readonly missing: string });

/** A program that no image has: to be told so takes every namespace and every mount that a function needs. */
const probeProgram = '/function-runner-probe';
const probeLimits = { timeoutMs: 10_000, maxStdoutBytes: 4096, maxStderrBytes: 4096 };

/** Finds out, once and by trying, which sandbox works on this machine. */
export class Sandboxes {
  readonly #options: SandboxesOptions;
  #current: Promise<Sandbox> | undefined;

  constructor(options: SandboxesOptions) {
    this.#options = options;
  }

  /**
   * bubblewrap where it works, else the tools of util-linux. A failure is not remembered: somebody may be installing.
   *
   * @throws RunnerError `SANDBOX_UNAVAILABLE`, saying what was tried and what to install or allow
   */
  async current(): Promise<Sandbox> {
    this.#current ??= this.#choose().catch((error: unknown) => {
      this.#current = undefined;
      throw error;
    });
    return await this.#current;
  }

  /** Looks again at the next call; for when the sandbox has stopped working. */
  forget(): void {
    this.#current = undefined;
  }

  async #choose(): Promise<Sandbox> {
    const failures: string[] = [];
    for (const candidate of await this.#candidates()) {
      const failure = 'missing' in candidate ? candidate.missing : await this.#probe(candidate.sandbox);
      if (failure === undefined && 'sandbox' in candidate) {
        this.#options.log.info('sandbox chosen', { sandbox: candidate.name, passedOver: failures });
        return candidate.sandbox;
      }
      failures.push(`${candidate.name}: ${failure ?? 'not usable'}`);
    }
    throw new RunnerError('SANDBOX_UNAVAILABLE', `no sandbox works on this machine (${failures.join('; ')})`, {
      hint:
        'Install bubblewrap (the package bubblewrap of every distribution) and allow unprivileged user namespaces; ' +
        'in a container that takes a seccomp profile which allows them.',
    });
  }

  async #candidates(): Promise<readonly Candidate[]> {
    const { path } = this.#options;
    const [bwrap, unshare, setpriv] = await Promise.all(
      ['bwrap', 'unshare', 'setpriv'].map((name) => findProgram(name, path)),
    );
    const unshareCandidate: Candidate =
      unshare === undefined || setpriv === undefined
        ? { name: 'unshare', missing: 'unshare and setpriv of util-linux are not installed' }
        : { name: 'unshare', sandbox: new Unshare({ unshare, setpriv }, path) };
    return [...(await this.#bubblewraps(bwrap)), unshareCandidate];
  }

  async #bubblewraps(bwrap: string | undefined): Promise<readonly Candidate[]> {
    if (bwrap === undefined) return [{ name: 'bubblewrap', missing: 'not installed' }];
    try {
      const devices = (await ownsHostDevices()) ? await deviceFolder(this.#options.directory) : undefined;
      const of = (disableUserNamespaces: boolean): Sandbox => new Bubblewrap(bwrap, { disableUserNamespaces, devices });
      return [
        { name: 'bubblewrap', sandbox: of(true) },
        { name: 'bubblewrap before 0.8', sandbox: of(false) },
      ];
    } catch (error) {
      return [{ name: 'bubblewrap', missing: error instanceof Error ? error.message : String(error) }];
    }
  }

  /** Undefined when it works. */
  async #probe(sandbox: Sandbox): Promise<string | undefined> {
    const { directory } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const root = await mkdtemp(join(directory, 'probe-'));
    try {
      await makeMountPoints(root);
      const argv = sandbox.argv({ ...probeCommand, root });
      const result = await runProcess({
        argv,
        env: sandbox.env,
        statusDescriptor: true,
        stdin: new Uint8Array(),
        limits: probeLimits,
        signal: new AbortController().signal,
      });
      const reason =
        sandbox.startFailure(result) ?? `it ran a program that is not there (exit ${String(result.exitCode)})`;
      return reason.includes(probeProgram) && reason.includes('No such file') ? undefined : reason;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  }
}

const probeCommand = {
  argv: [probeProgram],
  env: {},
  workingDir: '/',
  uid: nobody,
  gid: nobody,
  tmpBytes: 1024 * 1024,
} as const;
