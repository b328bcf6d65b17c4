import { setTimeout as pause } from 'node:timers/promises';
import type { Container, DockerCompose } from './docker-compose.js';

const HEALTHY_TIMEOUT_MS = 180_000;

/**
 * Waits until every container is healthy, or has ended successfully.
 * @throws Error with the last log lines of the others
 */
export async function untilHealthy(compose: DockerCompose): Promise<void> {
  const deadline = performance.now() + HEALTHY_TIMEOUT_MS;
  for (;;) {
    const waiting = (await compose.containers()).filter((container) => !isFine(container));
    if (waiting.length === 0) return;
    const isLost = waiting.some(({ State, ExitCode }) => State === 'exited' && ExitCode !== 0);
    if (isLost || performance.now() > deadline) {
      const names = [...new Set(waiting.map(({ Service }) => Service))];
      const logs = await compose.output('logs', '--tail', '30', '--no-color', ...names);
      throw new Error(`not healthy: ${names.join(', ')}\n${logs}`);
    }
    await pause(500);
  }
}

function isFine({ State, Health, ExitCode }: Container): boolean {
  if (State === 'exited') return ExitCode === 0;
  return State === 'running' && (Health === '' || Health === 'healthy');
}
