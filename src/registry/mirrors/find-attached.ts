import { withTimeout } from '../../core/abort.ts';
import { type RunnerError, toRunnerError } from '../../core/errors.ts';
import type { RegistryHost } from '../registry-host.ts';
import type { HostLine } from './host-line.ts';

export interface AttachedSearchOptions<T> {
  /** Undefined where the host has nothing that will do. */
  readonly look: (host: RegistryHost, isMirror: boolean, signal: AbortSignal) => Promise<T | undefined>;
  readonly mirrorFailed: (host: RegistryHost, error: RunnerError) => void;
  /** How long one mirror may take, in milliseconds. */
  readonly mirrorPatienceMs: number;
}

/** What some hosts have, or what those of them failed with that did not say. */
interface Search<T> {
  readonly found: T | undefined;
  readonly failures: readonly RunnerError[];
}

/**
 * Asks one host after the other until one has what will do: a mirror that has nothing does not speak for the registry, and
 * one that fails is passed over. What the registry itself fails with is thrown when nobody else has it either; where it must
 * not be asked, what the first mirror failed with, since that one may have it.
 */
export async function findAttached<T>(
  { mirrors, last, reserve }: HostLine,
  signal: AbortSignal,
  options: AttachedSearchOptions<T>,
): Promise<T | undefined> {
  const { found: first, failures } = await ofMirrors(mirrors, signal, options);
  if (first !== undefined || last === undefined) return first ?? ofOthers(failures, reserve, signal, options);
  try {
    return await options.look(last, false, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const { found } = await ofMirrors(reserve, signal, options);
    if (found === undefined) throw thrown;
    return found;
  }
}

async function ofOthers<T>(
  failures: readonly RunnerError[],
  reserve: readonly RegistryHost[],
  signal: AbortSignal,
  options: AttachedSearchOptions<T>,
): Promise<T | undefined> {
  const others = await ofMirrors(reserve, signal, options);
  const [failure] = [...failures, ...others.failures];
  if (others.found === undefined && failure !== undefined) throw failure;
  return others.found;
}

async function ofMirrors<T>(
  hosts: readonly RegistryHost[],
  signal: AbortSignal,
  { look, mirrorFailed, mirrorPatienceMs }: AttachedSearchOptions<T>,
): Promise<Search<T>> {
  const failures: RunnerError[] = [];
  for (const host of hosts) {
    using patience = withTimeout(signal, mirrorPatienceMs, `the mirror ${host.endpoint.authority}`);
    try {
      const found = await look(host, true, patience.signal);
      if (found !== undefined) return { found, failures };
    } catch (thrown) {
      signal.throwIfAborted();
      const failure = toRunnerError(thrown);
      mirrorFailed(host, failure);
      failures.push(failure);
    }
  }
  return { found: undefined, failures };
}
