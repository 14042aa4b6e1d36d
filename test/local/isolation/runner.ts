import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execPath, getuid } from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { buildLayer, type LayerEntry } from '../../../examples/registry/layer.ts';
import { findProgram } from '../../../src/local/sandbox/find-program.ts';
import { systemPath, systemPrograms, toolFiles } from '../tool-files.ts';
import { parseLine } from './parse-line.ts';
import type { RunnerAnswer, RunnerRequest, RunnerSetting } from './runner-process.ts';

const nobodyOnHost = 65_534;

/** What all runners of these tests have in common: the image with its tools, and the runner's program in one file. */
export class IsolationLab {
  readonly #folder: string;
  readonly #runners: Runner[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Anybody can read what is in the folder. */
  static async create(folder: string): Promise<IsolationLab> {
    await chmod(folder, 0o755);
    const lab = new IsolationLab(folder);
    const { bytes } = await buildLayer(await imageFiles(), 'none');
    await writeFile(lab.#path('image.tar'), bytes);
    await copyFile(execPath, lab.#path('node'));
    const entryPoint = fileURLToPath(new URL('runner-process.ts', import.meta.url));
    await build({
      entryPoints: [entryPoint],
      outfile: lab.#path('runner.cjs'),
      bundle: true,
      platform: 'node',
      target: 'node24',
      logLevel: 'silent',
    });
    return lab;
  }

  /** A folder with links to these programs and no others, to be a PATH. */
  async programs(name: string, programs: readonly string[]): Promise<string> {
    const folder = this.#path(name);
    await mkdir(folder);
    for (const program of programs) {
      const found = await findProgram(program, systemPath);
      if (found !== undefined) await symlink(found, join(folder, program));
    }
    return folder;
  }

  /** Starts a runner with a store of its own, as the user of this process or as an ordinary one. */
  async start(name: string, as: 'self' | 'nobody', setting: Partial<RunnerSetting> = {}): Promise<Runner> {
    const store = this.#path(`store-${name}`);
    await mkdir(store);
    await chmod(store, 0o777);
    const whole: RunnerSetting = {
      store: join(store, 'of-the-runner'),
      path: systemPath,
      tarFile: this.#path('image.tar'),
      user: '',
      workingDir: '/srv/work',
      env: ['FROM_IMAGE=yes', 'PATH=/bin'],
      entrypoint: ['node', '/function/probe.ts'],
      ...setting,
    };
    const child = spawn(this.#path('node'), [this.#path('runner.cjs'), JSON.stringify(whole)], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: systemPath, RUNNER_SECRET: 'of the runner' },
      ...(as === 'nobody' && getuid?.() === 0 && { uid: nobodyOnHost, gid: nobodyOnHost }),
    });
    const runner = new Runner(child, join(whole.store, 'v1/roots'));
    this.#runners.push(runner);
    return runner;
  }

  /** Ends the runners that are still there. */
  async close(): Promise<void> {
    for (const runner of this.#runners) await runner.stop('SIGKILL');
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

/** A process of the runner that evaluates probes. */
export class Runner {
  /** Part of the arguments of every sandbox that it starts, and of nothing else. */
  readonly rootsFolder: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  constructor(child: ChildProcessByStdio<Writable, Readable, null>, rootsFolder: string) {
    this.#child = child;
    this.rootsFolder = rootsFolder;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  async run(request: RunnerRequest): Promise<RunnerAnswer> {
    this.send(request);
    const next = await this.#lines.next();
    if (next.done === true) throw new Error('the runner is gone');
    return parseLine(next.value, isAnswer);
  }

  send(request: RunnerRequest): void {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
  }

  async stop(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    await gone;
  }
}

function isAnswer(value: unknown): value is RunnerAnswer {
  return typeof value === 'object' && value !== null;
}

/** Node, a shell with a few tools, and the function. */
async function imageFiles(): Promise<readonly LayerEntry[]> {
  const tools = await systemPrograms('sh', 'sleep', 'mount', 'unshare');
  const probe = fileURLToPath(new URL('probe-function.ts', import.meta.url));
  return [
    ...(await toolFiles({ node: execPath, ...tools })),
    { kind: 'copy', path: 'function/probe.ts', source: probe },
    { kind: 'file', path: 'etc/passwd', content: 'root:x:0:0::/root:\nfunction:x:1234:5678::/home/function:\n' },
  ];
}
