import type { Case } from './kills.js';
import { points, steps } from './points.js';
import type { BrokerName } from './rig.js';

/** Who may die where: processes where they are, servers while somebody is there. */
export function casesOf(broker: BrokerName, kills: { processes: number; servers: number }): Case[] {
  const processes = points.flatMap((point) =>
    steps[point].roles.map((role) => ({ victim: role, point, role, kills: kills.processes })),
  );
  const servers = broker === 'redis' ? (['Redis', 'PostgreSQL'] as const) : (['PostgreSQL'] as const);
  const ofServers = servers.flatMap((victim) =>
    points.map((point) => ({ victim, point, role: steps[point].roles[0], kills: kills.servers })),
  );
  return [...processes, ...ofServers];
}
