import { setTimeout as pause } from 'node:timers/promises';
import { isReady } from '@tearline/process';
import type { RunningTopology } from '../../support/running-topology.js';

/** How a host is away: its process has ended, so connections are refused, or it has stopped, so nothing answers. */
export type Absence = 'killed' | 'hung';

const POLL_INTERVAL_MS = 50;
const RECOVERY_TIMEOUT_MS = 60_000;

/**
 * Takes the only process of a host away while work runs, then waits until all hosts are ready again. A host that was killed is
 * another process then, so it can be killed only once.
 */
export async function whileAway<T>(
  topology: RunningTopology,
  host: string,
  absence: Absence,
  work: () => Promise<T>,
): Promise<T> {
  const { pid } = topology.hosts.find(({ name }) => name === `${host}.1`)!;
  // The runner would replace a process that has ended.
  process.kill(topology.pid, 'SIGSTOP');
  process.kill(pid, absence === 'killed' ? 'SIGKILL' : 'SIGSTOP');
  try {
    return await work();
  } finally {
    if (absence === 'hung') process.kill(pid, 'SIGCONT');
    process.kill(topology.pid, 'SIGCONT');
    await untilReady(topology);
  }
}

async function untilReady({ hosts }: RunningTopology): Promise<void> {
  const giveUpAt = performance.now() + RECOVERY_TIMEOUT_MS;
  for (const { url, name } of hosts)
    while (!(await isReady(url))) {
      if (performance.now() > giveUpAt)
        throw new Error(`${name} is not ready ${RECOVERY_TIMEOUT_MS} ms after it came back`);
      await pause(POLL_INTERVAL_MS);
    }
}
