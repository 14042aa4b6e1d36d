import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { servingAddress } from './serving-address.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const readyWithinMs = 20_000;
const stopWithinMs = 8_000;

/** The service, running as a process of its own. */
export interface ServiceProcess {
  /** `host:port` of its gRPC port. */
  readonly address: string;
  /** From the start of the process until it took calls. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** Starts `function-runner` with these flags on a free port of loopback and waits until it takes calls. */
export async function startServiceProcess(flags: readonly string[], signal: AbortSignal): Promise<ServiceProcess> {
  signal.throwIfAborted();
  const startedAt = performance.now();
  // A group of its own: Ctrl-C in the terminal is for the quickstart, which then stops the service in its turn.
  const child = spawn(process.execPath, [main, '--port=0', '--bind-address=127.0.0.1', '--drain-delay=0s', ...flags], {
    detached: true,
    env: quietEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const address = await servingAddress(child, AbortSignal.any([signal, AbortSignal.timeout(readyWithinMs)]));
    return { address, startMs: performance.now() - startedAt, stop: async () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** Nothing that would lead the service away from loopback: no proxies, no certificates, no cluster. */
function quietEnvironment(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'XDG_RUNTIME_DIR', 'NODE_V8_COVERAGE'];
  const variables = kept.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(variables), OTEL_METRICS_EXPORTER: 'none' };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await exited;
  clearTimeout(timer);
}
