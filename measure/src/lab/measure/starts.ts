import { cpuOf, memoryOfTrees } from '../../kit/process-usage.js';
import type { Deployment } from '../deployment/deployment.js';
import type { StartResult } from '../results.js';
import type { Measurement } from './measurement.js';

/** Restarts one process of each host several times, and measures each start until the process is ready. */
export async function measureStarts(
  target: Deployment,
  { schedule, progress }: Measurement,
): Promise<StartResult[]> {
  const results: StartResult[] = [];
  for (const { name: host, modules } of target.topology.hosts) {
    progress(`${target.name}, starting ${host}`);
    const { name } = target.running.hosts.find((process) => process.host === host)!;
    const [milliseconds, cpu, memoryMiB]: [number[], number[], number[]] = [[], [], []];
    for (let start = 0; start < schedule.starts; start += 1) {
      milliseconds.push(await target.restart(name));
      const { pid } = target.running.hosts.find((process) => process.name === name)!;
      cpu.push(cpuOf(pid));
      memoryMiB.push(memoryOfTrees(pid));
    }
    results.push({ host, modules, milliseconds, cpu, memoryMiB });
  }
  return results;
}
