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

/**
 * Asks one host after the other until one has what will do: a mirror that has nothing does not speak for the registry, and
 * one that fails is passed over. What the registry itself fails with is thrown when nobody else has it either.
 */
export async function findAttached<T>(
  { mirrors, last, reserve }: HostLine,
  signal: AbortSignal,
  options: AttachedSearchOptions<T>,
): Promise<T | undefined> {
  const first = await ofMirrors(mirrors, signal, options);
  if (first !== undefined || last === undefined) return first ?? ofMirrors(reserve, signal, options);
  try {
    return await options.look(last, false, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    const found = await ofMirrors(reserve, signal, options);
    if (found === undefined) throw thrown;
    return found;
  }
}

async function ofMirrors<T>(
  hosts: readonly RegistryHost[],
  signal: AbortSignal,
  { look, mirrorFailed, mirrorPatienceMs }: AttachedSearchOptions<T>,
): Promise<T | undefined> {
  for (const host of hosts) {
    using patience = withTimeout(signal, mirrorPatienceMs, `the mirror ${host.endpoint.authority}`);
    try {
      const found = await look(host, true, patience.signal);
      if (found !== undefined) return found;
    } catch (thrown) {
      signal.throwIfAborted();
      mirrorFailed(host, toRunnerError(thrown));
    }
  }
  return undefined;
}
