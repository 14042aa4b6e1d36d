import { familyUsage } from './family-usage.ts';

/** What a process and its descendants may use together. */
export interface ResidentBounds {
  readonly maxResidentBytes: number;
  readonly maxProcesses: number;
}

interface Watched {
  readonly pid: number;
  readonly bounds: ResidentBounds;
  readonly onExceeded: (what: string) => void;
}

const minIntervalMs = 50;
/** The watch takes at most a tenth of the thread, however many functions run. */
const restPerWork = 9;

const watched = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;

/**
 * Looks at the memory and number of a process family some times a second and calls `onExceeded` once when they pass
 * the bounds. RLIMIT_AS and RLIMIT_DATA are no substitute: runtimes with a garbage collector reserve far more than they
 * use.
 */
export function watchResidents(
  pid: number,
  bounds: ResidentBounds,
  onExceeded: (what: string) => void,
): { [Symbol.dispose](): void } {
  const entry: Watched = { pid, bounds, onExceeded };
  watched.add(entry);
  schedule(minIntervalMs);
  return {
    [Symbol.dispose]: () => {
      watched.delete(entry);
      if (watched.size > 0) return;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

function schedule(delayMs: number): void {
  timer ??= setTimeout(look, delayMs).unref();
}

function look(): void {
  timer = undefined;
  const startedMs = performance.now();
  for (const entry of watched) check(entry);
  if (watched.size > 0) schedule(Math.max(minIntervalMs, (performance.now() - startedMs) * restPerWork));
}

function check(entry: Watched): void {
  const { processes, residentBytes } = familyUsage(entry.pid);
  const { maxProcesses, maxResidentBytes } = entry.bounds;
  const excess =
    residentBytes > maxResidentBytes
      ? `more than ${String(maxResidentBytes)} bytes of memory`
      : processes > maxProcesses
        ? `more than ${String(maxProcesses)} processes`
        : undefined;
  if (excess === undefined) return;
  watched.delete(entry);
  entry.onExceeded(excess);
}
