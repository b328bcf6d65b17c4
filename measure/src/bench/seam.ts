/** Measures what a call over the seam costs: `npm run bench:seam`. */
import 'reflect-metadata';
import { count, npmScript, runCommand } from '../kit/command.js';
import { measureLocalCalls } from './seam/local.js';
import { measureRemoteCalls } from './seam/remote.js';

const command = npmScript(
  'bench:seam',
  'Calls a provider of the same process directly and over the seam, and prints the time and the bytes of a call.',
)
  .option('--remote', 'compare a call to another process with a bare Nest TCP `send` of the same payload')
  .option('--rounds <n>', 'rounds; their median counts', count, 31);

await runCommand<{ remote?: boolean; rounds: number }>(command, async ({ remote, rounds }) => {
  process.stdout.write(await (remote ? measureRemoteCalls(rounds) : measureLocalCalls(rounds)));
});
