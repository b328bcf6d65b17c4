import type { MemoryReport } from './report/memory-report.js';

/**
 * Returns what the evidence in a folder says of each process, the one that ended last first. No host needs it, so it is loaded when it is
 * called.
 * @param dir a `MEMORY_EVIDENCE_DIR`, the folder of a host in it, or that of a process
 */
export const memoryReports = async (dir: string): Promise<MemoryReport[]> =>
  (await import('./report/memory-report.js')).memoryReports(dir);
