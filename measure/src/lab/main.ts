/** Measures what a split gains and what it costs: `npm run lab`. */
import { UsageError } from '@tearline/process';
import { readFile } from 'node:fs/promises';
import { runCommand } from '../kit/command.js';
import { completeOptions, labCommand, type Options } from './options.js';
import { writeReport } from './render/report.js';
import type { Results } from './results.js';
import { runLab } from './run.js';
import { quietFailures } from './verdict/summary.js';
import { compareRuns } from './verdict/compare-runs.js';

await runCommand<Options>(labCommand(), async (options, cleanup, args) => {
  if (options.compare) process.stdout.write(`${await compareReports(args)}\n`);
  else {
    const complete = completeOptions(options);
    const results = await runLab(args, complete, cleanup);
    process.stdout.write(`${await writeReport(results, complete.out)}\n`);
    if (quietFailures(results).length > 0) process.exitCode = 1;
  }
});

async function compareReports(files: readonly string[]): Promise<string> {
  if (files.length !== 2)
    throw new UsageError(`--compare: expected two files report.json, got ${files.length}`);
  const [one, other] = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as Results),
  );
  // Typed as the version that this lab writes, which a file need not be.
  const versions = [one!, other!].map(({ version }): number => version);
  if (versions[0] !== versions[1])
    throw new UsageError(
      `--compare: labs of versions ${versions.join(' and ')} measure in different ways; make both reports again`,
    );
  return compareRuns(one!, other!);
}
