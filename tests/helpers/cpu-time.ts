/**
 * Processor time of `work` on this thread, milliseconds: what it costs, however long a busy machine
 * makes it wait for its turn.
 */
export function cpuMsOf(work: () => unknown): number {
  const begun = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(begun);
  return (user + system) / 1000;
}
