/** Measures what a split gains and what it costs: `npm run lab`. */
import { runCommand } from '../kit/command.js';
import { completeOptions, labCommand, type Options } from './options.js';
import { writeReport } from './render/report.js';
import { runLab } from './run.js';
import { quietFailures } from './verdict/summary.js';
import { compareReports } from './verdict/compare-reports.js';

await runCommand<Options>(labCommand(), async (options, cleanup, args) => {
  if (options.compare) process.stdout.write(`${await compareReports(args)}\n`);
  else {
    const complete = completeOptions(options);
    const results = await runLab(args, complete, cleanup);
    process.stdout.write(`${await writeReport(results, complete.out)}\n`);
    if (quietFailures(results).length > 0) process.exitCode = 1;
  }
});
