import { type AppResult, AppWithRedis } from './app-outages.js';
import { casesOf } from './cases.js';
import { runKills } from './kills.js';
import { type Options, readOptions } from './options.js';
import { type OutageResult, outages, runOutage } from './outages.js';
import { appTable, complaints, type KillResult, killTable, outageTable } from './report.js';
import { Rig } from './rig.js';

const say = (line: string) => process.stderr.write(`${line}\n`);

const killed: KillResult[] = [];
const away: OutageResult[] = [];
const ofApp: AppResult[] = [];

/** Those that have rows. */
function printTables(): void {
  for (const table of [killTable(killed), outageTable(away), appTable(ofApp)])
    if (table) process.stdout.write(`${table}\n\n`);
}

/** What is open, or opening, and is to be closed however the run ends. */
let open: Promise<{ close(): Promise<void> }> | undefined;
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    isInterrupted = true;
    say('stopping everything');
    printTables();
    // What cannot open closes by itself.
    const closed = open?.then((one) => one.close()).catch(() => undefined);
    void Promise.resolve(closed).finally(() => process.exit(130));
  });

async function using<T extends { close(): Promise<void> }>(
  opened: Promise<T>,
  work: (opened: T) => Promise<void>,
): Promise<void> {
  open = opened;
  const one = await opened;
  try {
    await work(one);
  } finally {
    if (!isInterrupted) {
      open = undefined;
      await one.close();
    }
  }
}

async function kill(rig: Rig, { kills, points, rate }: Options, results: KillResult[]): Promise<void> {
  const { broker } = rig.options;
  const cases = casesOf(broker, kills).filter(({ point }) => points.includes(point));
  for (const [index, one] of cases.entries()) {
    const begun = performance.now();
    const killed = await runKills(rig, [one], { name: `${broker}-${index}`, rate });
    const result = { ...one, ...killed, broker };
    results.push(result);
    const took = ((performance.now() - begun) / 1000).toFixed(0);
    say(
      `${broker} ${index + 1}/${cases.length}: ${result.killed} kills of ${one.victim} at '${one.point}' in ${took} s: ` +
        `${result.found} found, ${result.lost} lost, ${result.doubled} doubled, ${result.disordered} out of order, ` +
        `jobs ${result.jobsLost} lost, ${result.jobsDoubled} doubled`,
    );
    if (result.problem) say(`  ${result.problem}; see ${rig.log}`);
  }
}

async function takeAway(rig: Rig, { outage, rate }: Options, results: OutageResult[]): Promise<void> {
  for (const [index, one] of outages.entries()) {
    const result = await runOutage(rig, one, { name: `outage-${index}`, rate, seconds: outage });
    results.push(result);
    say(
      `Redis ${one.words} ${outage} s: ${result.failed} requests failed, ${result.found} found, ${result.lost} lost`,
    );
    if (result.problem) say(`  ${result.problem}; see ${rig.log}`);
  }
}

async function takeFromApp(app: AppWithRedis, { outage }: Options, results: AppResult[]): Promise<void> {
  for (const one of outages) {
    const result = await app.suffer(one, { rate: 20, seconds: outage });
    results.push(result);
    say(
      `the app's Redis ${one.words} ${outage} s: ${result.failures.length} requests failed, ` +
        `${result.expected} notifications, ${result.lost} lost, ${result.doubled} doubled`,
    );
    for (const failure of result.failures.slice(0, 5)) say(`  ${failure}`);
  }
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (!options) return;
  const isAway = options.outage > 0 && options.brokers.includes('redis');
  try {
    for (const broker of options.brokers) {
      say(`${broker}: starting`);
      await using(Rig.open({ broker }), async (rig) => {
        await kill(rig, options, killed);
        if (broker === 'redis' && isAway) await takeAway(rig, options, away);
      });
    }
    if (isAway) await using(AppWithRedis.open(), (app) => takeFromApp(app, options, ofApp));
  } finally {
    if (!isInterrupted) printTables();
  }
  const wrong = complaints(killed, away, ofApp);
  for (const line of wrong) say(line);
  if (wrong.length > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  if (isInterrupted) return;
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
});
