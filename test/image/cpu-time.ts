/** Processor time that `work` takes in this process, in milliseconds; unlike the wall clock it ignores other processes. */
export function cpuTimeMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
