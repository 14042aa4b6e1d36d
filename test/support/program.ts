import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { coverageFolder } from './coverage-folder.ts';

export interface ProgramResult {
  /** 128 + signal number is not made up here: a killed program has exit code -1. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  /** Added to a small environment: PATH, HOME and LANG; what a machine presets for TLS and proxies stays out. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Killed after this; default 30,000. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end. A non-zero exit is a result; only a program that cannot be started rejects. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: cleanEnvironment(options.env),
    stdio: 'pipe',
    timeout: options.timeoutMs ?? 30_000,
    killSignal: 'SIGKILL',
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input);
  const closed = once(child, 'close');
  const code: unknown = (await closed)[0];
  return {
    exitCode: typeof code === 'number' ? code : -1,
    stdout: Buffer.concat(stdout).toString('utf8'),
    stderr: Buffer.concat(stderr).toString('utf8'),
  };
}

/** PATH, HOME, LANG and where coverage is collected, with `extra` on top. No login of whoever runs the tests counts. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const coverage = coverageFolder === undefined ? {} : { NODE_V8_COVERAGE: coverageFolder };
  return { ...Object.fromEntries(kept), DOCKER_CONFIG: '/nonexistent', ...coverage, ...extra };
}
