/** Runs faults of a cluster under Patroni, while users write and read through two hosts, and prints a table. */
import { type PatroniTuning, runScript, script, UsageError, wholeNumber } from '@tearline/process';
import { startFailoverEnvironment } from './environment.js';
import { FAULTS, type FaultName } from './faults.js';
import { faultTable, seconds } from './report.js';
import { type FaultResult, type Load, runFault } from './run-fault.js';

interface Options extends Load {
  readonly runs: number;
  readonly only?: string;
  readonly ttl: number;
  readonly loopWait: number;
  readonly retryTimeout: number;
  readonly synchronous: boolean;
  readonly failsafe: boolean;
}

const names = Object.keys(FAULTS) as FaultName[];
const log = (line: string) => process.stderr.write(`${line}\n`);

const command = script('failover')
  .description(
    'Runs three PostgreSQL servers under Patroni and two hosts on them, injects faults while users write and read, and prints a table.',
  )
  .option('--runs <count>', 'how often each fault is injected', wholeNumber(1, 1_000), 20)
  .option('--only <faults>', `some of ${names.join(', ')}, separated by commas`)
  .option(
    '--ttl <seconds>',
    "the lifetime of the leader's lock; Patroni 4 takes none below 20",
    wholeNumber(2, 600),
    20,
  )
  .option('--loop-wait <seconds>', 'how often Patroni looks', wholeNumber(1, 600), 5)
  .option('--retry-timeout <seconds>', 'how long it tries again', wholeNumber(1, 600), 5)
  .option('--no-synchronous', 'lets commits wait for no replica')
  .option('--no-failsafe', 'lets the leader give up when etcd is away')
  .option('--sessions <count>', 'users that write and read', wholeNumber(1, 1_000), 6)
  .option('--think-ms <milliseconds>', 'the longest pause of a user', wholeNumber(0, 60_000), 200)
  .action(main);

async function main(options: Options): Promise<void> {
  const chosen = faultsFrom(options.only);
  const tuning: PatroniTuning = {
    ttl: options.ttl,
    loop_wait: options.loopWait,
    retry_timeout: options.retryTimeout,
    synchronous_mode: options.synchronous,
    failsafe_mode: options.failsafe,
  };
  log('starting three PostgreSQL servers under Patroni, and two hosts');
  const environment = await startFailoverEnvironment(tuning);
  const results = new Map<string, FaultResult[]>();
  try {
    for (const fault of chosen)
      for (let run = 1; run <= options.runs; run += 1) {
        const result = await runFault(environment, fault, options);
        results.set(fault.name, [...(results.get(fault.name) ?? []), result]);
        log(
          `${fault.name}, run ${run}: without writes ${seconds(result.gap)}, lost ${result.lost.length}, behind ${result.behind.length}` +
            [...result.lost, ...result.behind, ...result.wrong].map((text) => `; ${text}`).join(''),
        );
      }
  } catch (error) {
    for (const line of environment.log) log(line);
    throw error;
  } finally {
    await environment.stop();
    const { ttl, loop_wait: loopWait, retry_timeout: retryTimeout } = tuning;
    const modes = `synchronous_mode ${options.synchronous}, failsafe_mode ${options.failsafe}`;
    process.stdout.write(
      `${faultTable(results)}\n\nttl ${ttl}, loop_wait ${loopWait}, retry_timeout ${retryTimeout}, ${modes}\n`,
    );
  }
}

function faultsFrom(only: string | undefined) {
  const chosen = only?.split(',') ?? names;
  const unknown = chosen.find((name) => !(name in FAULTS));
  if (unknown !== undefined)
    throw new UsageError(`--only: expected some of ${names.join(', ')}, got '${unknown}'`);
  return chosen.map((name) => FAULTS[name as FaultName]);
}

process.exitCode = await runScript(command);
