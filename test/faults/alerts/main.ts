/** Raises every alert by a fault of a running topology, and prints after how long each was with Alertmanager. */
import { setTimeout as pause } from 'node:timers/promises';
import { alerts } from '@tearline/monitoring';
import { UsageError } from '@tearline/process';
import { note, npmScript, runCommand } from '../../../measure/src/kit/command.js';
import { type Column, tableOfColumns } from '../../../measure/src/kit/report/markdown.js';
import { type Fault, STEPS } from './faults.js';
import { Site } from './site.js';

/** The longest that an alert takes by its rules is a quarter of an hour. */
const DEADLINE_MS = 20 * 60_000;
const POLL_MS = 500;

const command = npmScript(
  'alerts',
  'Raises every alert by a fault of the topology microservices, with Redis and a replica, and prints after how long each was with ' +
    'Alertmanager. Linux, as root; needs nginx, redis-server, nats-server, prometheus and prometheus-alertmanager.',
).option('--only <alerts>', 'faults that raise one of these alerts, separated by commas');

interface Raised {
  readonly fault: string;
  readonly alert: string;
  /** Seconds from the beginning of the fault; undefined when it did not fire in time. */
  readonly after: number | undefined;
}

async function main({ only }: { only?: string }, cleanup: AsyncDisposableStack): Promise<void> {
  const chosen = only?.split(',') ?? alerts.map(({ name }) => name);
  const unknown = chosen.find((name) => !alerts.some((alert) => alert.name === name));
  if (unknown !== undefined) throw new UsageError(`--only ${unknown}: there is no such alert`);
  const untested = alerts.filter(({ name }) => !STEPS.flat().some((fault) => fault.alerts.includes(name)));
  if (untested.length > 0) throw new Error(`no fault raises ${untested.map(({ name }) => name).join(', ')}`);

  note('starting the topology, Redis, a primary with a replica, Prometheus and Alertmanager');
  const site = await Site.start(cleanup);
  const ongoing = new Set<() => unknown>();
  cleanup.defer(async () => void (await Promise.allSettled([...ongoing].map((end) => end()))));
  const results: Raised[] = [];
  try {
    await site.untilWatched();
    for (const step of STEPS) {
      const faults = step.filter((fault) => fault.alerts.some((name) => chosen.includes(name)));
      const raised = faults.map((fault) => inject(site, fault, chosen, ongoing));
      results.push(...(await Promise.all(raised)).flat());
    }
  } finally {
    process.stdout.write(`${tableOfColumns(columns, results)}\n`);
  }
  const silent = results.filter(({ after }) => after === undefined);
  if (silent.length > 0) throw new Error(`did not fire: ${silent.map(({ alert }) => alert).join(', ')}`);
}

/** Injects a fault until its alerts fire. */
async function inject(
  site: Site,
  fault: Fault,
  chosen: readonly string[],
  ongoing: Set<() => unknown>,
): Promise<Raised[]> {
  const wanted = fault.alerts.filter((name) => chosen.includes(name));
  const already = await site.firing();
  const old = wanted.filter((name) => isFiring(already, name, fault.host));
  if (old.length > 0) throw new Error(`${old.join(', ')} fires before ${fault.name}`);
  const since = performance.now();
  const end = await fault.begin(site);
  ongoing.add(end);
  note(`${fault.name}: waiting for ${wanted.join(', ')}`);
  const results = await Promise.all(wanted.map((name) => untilFiring(site, fault, name, since)));
  ongoing.delete(end);
  await end();
  return results;
}

const isFiring = (firing: Awaited<ReturnType<Site['firing']>>, name: string, host: string | undefined) =>
  firing.some((alert) => alert.name === name && (host === undefined || alert.labels['host'] === host));

async function untilFiring(site: Site, fault: Fault, alert: string, since: number): Promise<Raised> {
  for (;;) {
    const elapsed = performance.now() - since;
    const fires = isFiring(await site.firing(), alert, fault.host);
    if (fires || elapsed > DEADLINE_MS) {
      const after = fires ? elapsed / 1_000 : undefined;
      note(`  ${alert}: ${fires ? `after ${after!.toFixed(0)} s` : 'did not fire'}`);
      return { fault: fault.name, alert, after };
    }
    await pause(POLL_MS);
  }
}

const waits = new Map(alerts.map((alert) => [alert.name, alert.for]));
const columns: readonly Column<Raised>[] = [
  ['alert', ({ alert }) => alert],
  ['fault', ({ fault }) => fault],
  ['held for', ({ alert }) => waits.get(alert)!],
  [
    'with Alertmanager after',
    ({ after }) => (after === undefined ? 'did not fire' : `${after.toFixed(0)} s`),
  ],
];

await runCommand(command, main);
