import { UsageError } from '@tearline/process';
import { makeKeys } from '../../kit/samples.js';
import { injectFaults, measureImpact } from '../measure/fault-injection.js';
import type { StageMeasurement } from '../measure/measurement.js';
import type { ServerFaultImpact } from '../results.js';
import type { Setup, Started } from '../setup.js';
import { FAULT_SECONDS } from '../schedule.js';
import { withRepetition } from '../target.js';
import { ContainerTarget } from './container-target.js';

/** Starts each topology in containers. @throws UsageError before anything is started */
export async function startContainers(setup: Setup, cleanup: AsyncDisposableStack): Promise<Started> {
  if (process.getuid?.() !== 0)
    throw new UsageError('--compose reads the CPU and memory of containers, which takes root: use sudo');
  const keys = await makeKeys();
  const targets: ContainerTarget[] = [];
  for (const [name, topology] of withRepetition(setup.topologies)) {
    setup.progress(`building and starting ${name}`);
    const project = `tearline-lab-${targets.length + 1}`;
    targets.push(await ContainerTarget.start({ ...setup, name, topology, project, keys }, cleanup));
  }
  return {
    targets,
    samples: await targets[0]!.samples(),
    servers: { postgres: await targets[0]!.postgresVersion(), queues: 'Redis' },
    pids: targets.flatMap(({ pids }) => pids),
    measureStages: async (runStage) => {
      const serverFaults: Record<string, ServerFaultImpact[]> = {};
      const faults = await runStage('faults', targets, async (target, measurement) => {
        const impacts = await injectFaults(target, measurement);
        serverFaults[target.name] = await injectServerFaults(target, measurement);
        return impacts;
      });
      return { faults, serverFaults };
    },
  };
}

async function injectServerFaults(
  target: ContainerTarget,
  measurement: StageMeasurement,
): Promise<ServerFaultImpact[]> {
  measurement.progress(`${target.name}, restart redis`);
  const restart = { seconds: 0, inject: () => target.restart('redis') };
  const restarted = await measureImpact(target, measurement, restart);
  measurement.progress(`${target.name}, cut postgres-replica`);
  const cut = { seconds: FAULT_SECONDS, inject: () => target.cutOff('postgres-replica', FAULT_SECONDS) };
  const cutOff = await measureImpact(target, measurement, cut);
  return [
    { server: 'redis', fault: 'restart', ...restarted },
    { server: 'postgres-replica', fault: 'cut', ...cutOff },
  ];
}
