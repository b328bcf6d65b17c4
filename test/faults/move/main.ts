/** Measures moves of a module's data under load, and kills what takes part in one; prints tables. */
import { moduleNames } from '@tearline/modules';
import { runScript, script, wholeNumber } from '@tearline/process';
import { Argument, Option } from 'commander';
import {
  KillEnvironment,
  type KillResult,
  killsOf,
  REMEDIES,
  type Remedy,
  VICTIMS,
  type Victim,
} from './kills.js';
import { failuresOf, isWrong, killTable, roundsTable } from './report.js';
import { runRounds } from './rounds.js';

const log = (line: string) => process.stderr.write(`${line}\n`);

const command = script('data:bench').description(
  "Moves modules' data under load. Prints a table in Markdown.",
);

command
  .command('rounds')
  .description('moves modules to another server and back')
  .argument('[topology]', 'as for npm run topology', 'monolith')
  .option('--modules <names>', 'separated by commas', (names) => names.split(','), [
    'articles',
    'notifications',
  ])
  .option('--rounds <number>', 'moves there and back', wholeNumber(1, 1_000), 10)
  .option('--articles <number>', 'articles of sample data', wholeNumber(1, 10_000_000), 10_000)
  .option('--rate <number>', 'requests a second', wholeNumber(1, 1_000), 50)
  .action(
    async (
      topology: string,
      options: { modules: string[]; rounds: number; articles: number; rate: number },
    ) => {
      const result = await runRounds({ topology, restMs: 1_000, ...options }, log);
      process.stdout.write(roundsTable(topology, result));
    },
  );

command
  .command('kills')
  .description('kills the tool, a host and either server before each step, on the way out and back')
  .addArgument(new Argument('[module]', 'whose data moves').choices(moduleNames).default('articles'))
  .addOption(new Option('--victim <victim>', 'only this one').choices(VICTIMS))
  .addOption(new Option('--then <command>', 'only this remedy').choices(REMEDIES))
  .option('--short', 'one kill at each step, with the victims and remedies in turn')
  .option('--articles <number>', 'articles of sample data', wholeNumber(1, 10_000_000), 1_000)
  .action(async (module: string, { victim, then, short, articles }: KillOptions) => {
    const kills = killsOf(victim ? [victim] : VICTIMS, then ? [then] : REMEDIES, short === true);
    const results: KillResult[] = [];
    const environment = await KillEnvironment.start(module, articles);
    try {
      for (const kill of kills) {
        const result = await environment.run(kill);
        results.push(result);
        const { action, step, remedy } = kill;
        log(
          `${results.length}/${kills.length} ${action}, ${kill.victim} killed before '${step}', ${remedy}: ` +
            `${result.runs} commands, ${failuresOf(result.report)} failed, ${result.seconds.toFixed(0)} s`,
        );
      }
    } finally {
      process.stdout.write(killTable(results));
      await environment.stop();
    }
    const wrong = results.filter(isWrong);
    if (wrong.length > 0)
      throw new Error(`${wrong.length} of ${results.length} kills had an effect that stays`);
  });

interface KillOptions {
  readonly victim?: Victim;
  readonly then?: Remedy;
  readonly short?: true;
  readonly articles: number;
}

process.exitCode = await runScript(command);
