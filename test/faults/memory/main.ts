/** Kills leaking hosts and looks for the leak in what they leave; measures what leaving it costs: `npm run bench:memory`. */
import { loadavg } from 'node:os';
import { wholeNumber } from '@tearline/process';
import { note, npmScript, runCommand, seconds } from '../../../measure/src/kit/command.js';
import { costOfEvidence } from './cost.js';
import { killHosts } from './kills.js';

interface Options {
  readonly kills: number;
  readonly kernel?: true;
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
}

const command = npmScript(
  'bench:memory',
  'Runs a host for each module, has three of them leak objects and buffers in turn, kills each at a limit of its memory, as the kernel ' +
    'kills a container, and compares the report with the function that leaked. Then loads the monolith with and without evidence, in turn. ' +
    'Takes about ten minutes.',
)
  .option(
    '--kills <n>',
    'kills, half of them with objects that leak, half with buffers; 0 for none',
    wholeNumber(0, 1_000),
    20,
  )
  .option('--kernel', 'leaves the kills to the kernel, by control groups with a limit (Linux, as root)')
  .option('--rounds <n>', 'rounds of load; their median counts; 0 for none', wholeNumber(0, 1_000), 7)
  .option('--seconds <n>', 'length of a round against one server', seconds, 2)
  .option('--connections <n>', 'connections that send at the same time', wholeNumber(1, 1_000), 16);

async function run({ kills, kernel, ...load }: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const tables: string[] = [];
  if (kills > 0) {
    const { table, mistakes } = await killHosts({ count: kills, byKernel: kernel === true }, cleanup);
    tables.push(table);
    if (mistakes.length > 0) process.exitCode = 1;
    for (const mistake of mistakes) note(mistake);
  }
  if (load.rounds > 0) tables.push(await costOfEvidence(load, cleanup));
  tables.push(`load average at the end ${loadavg()[0]!.toFixed(1)}`);
  process.stdout.write(`${tables.join('\n\n')}\n`);
}

await runCommand(command, run);
