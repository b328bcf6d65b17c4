import { runScript } from '@tearline/process';
import { type AppResult, AppWithRedis } from './app-outages.js';
import { killCases, runKills } from './kills.js';
import { faultsCommand, type Options } from './options.js';
import { type OutageResult, outages, runOutage } from './outages.js';
import { appTable, failuresOf, type KillResult, killTable, outageTable } from './report.js';
import { TestEnvironment } from './test-environment.js';

const log = (line: string) => process.stderr.write(`${line}\n`);

const killed: KillResult[] = [];
const outageResults: OutageResult[] = [];
const appResults: AppResult[] = [];

function printTables(): void {
  for (const table of [killTable(killed), outageTable(outageResults), appTable(appResults)])
    if (table) process.stdout.write(`${table}\n\n`);
}

/** The environment in use, which is closed however the run ends. */
let open: Promise<{ close(): Promise<void> }> | undefined;
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    isInterrupted = true;
    log('stopping everything');
    printTables();
    // An environment that fails to open closes itself.
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

async function kill(
  environment: TestEnvironment,
  { kills, points, rate }: Options,
  results: KillResult[],
): Promise<void> {
  const { broker } = environment.options;
  const cases = killCases(broker, kills).filter(({ point }) => points.includes(point));
  for (const [index, one] of cases.entries()) {
    const begun = performance.now();
    const killed = await runKills(environment, [one], { name: `${broker}-${index}`, rate });
    const result = { ...one, ...killed, broker };
    results.push(result);
    const took = ((performance.now() - begun) / 1000).toFixed(0);
    log(
      `${broker} ${index + 1}/${cases.length}: ${result.killed} kills of ${one.victim} at '${one.point}' in ${took} s: ` +
        `${result.found} found, ${result.lost} lost, ${result.doubled} doubled, ${result.disordered} out of order, ` +
        `jobs ${result.jobsLost} lost, ${result.jobsDoubled} doubled`,
    );
    if (result.problem) log(`  ${result.problem}; see ${environment.log}`);
  }
}

async function runOutages(
  environment: TestEnvironment,
  { outage, rate }: Options,
  results: OutageResult[],
): Promise<void> {
  for (const [index, one] of outages.entries()) {
    const result = await runOutage(environment, one, { name: `outage-${index}`, rate, seconds: outage });
    results.push(result);
    log(
      `Redis ${one.description} ${outage} s: ${result.failed} requests failed, ${result.found} found, ${result.lost} lost`,
    );
    if (result.problem) log(`  ${result.problem}; see ${environment.log}`);
  }
}

async function runAppOutages(app: AppWithRedis, { outage }: Options, results: AppResult[]): Promise<void> {
  for (const one of outages) {
    const result = await app.runOutage(one, { rate: 20, seconds: outage });
    results.push(result);
    log(
      `the app's Redis ${one.description} ${outage} s: ${result.failures.length} requests failed, ` +
        `${result.expected} notifications, ${result.lost} lost, ${result.doubled} doubled`,
    );
    for (const failure of result.failures.slice(0, 5)) log(`  ${failure}`);
  }
}

async function main(options: Options): Promise<void> {
  const hasOutages = options.outage > 0 && options.brokers.includes('redis');
  try {
    for (const broker of options.brokers) {
      log(`${broker}: starting`);
      await using(TestEnvironment.open({ broker }), async (environment) => {
        await kill(environment, options, killed);
        if (broker === 'redis' && hasOutages) await runOutages(environment, options, outageResults);
      });
    }
    if (hasOutages) await using(AppWithRedis.open(), (app) => runAppOutages(app, options, appResults));
  } finally {
    if (!isInterrupted) printTables();
  }
  const failures = failuresOf(killed, outageResults, appResults);
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

const code = await runScript(faultsCommand(main));
// An interrupted run exits when its environment is closed.
if (!isInterrupted) process.exit(code);
