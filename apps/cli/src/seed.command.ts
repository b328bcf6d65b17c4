import type { IdRange, PreparedDatabase, SeedPlan } from '@tearline/database';
import { moduleData } from '@tearline/modules';
import { UsageError } from '@tearline/process';
import type { Command, CliContext } from './command.js';
import { withDatabase } from './database.js';
import { seedModule } from './seed-module.js';
import { Progress } from './progress.js';
import { seedPlanOf, SMALL } from './seed-plan.js';
import { withClient } from './with-client.js';

type Ranges = Record<string, IdRange>;

export const seed: Command = {
  summary: 'adds sample data',
  help: `npm run seed [-- --users 1000 --articles 10000 --comments 30000 --favorites 50000 --follows 20000]

Adds sample data to what is there: to the database that DATABASE_URL names, else to the embedded one in TEARLINE_DIR
(.tearline), whether an app runs there or not. Migrates first. The same --seed gives the same data in an empty database.

  --users N       how many of each; by default ${SMALL.users},
  --articles N    ${SMALL.articles},
  --comments N    ${SMALL.comments},
  --favorites N   ${SMALL.favorites}
  --follows N     and ${SMALL.follows}
  --seed N        another number gives other data (${SMALL.seed})
`,
  options: Object.fromEntries(Object.keys(SMALL).map((name) => [name, { type: 'string' as const }])),
  run: (values, surroundings) => {
    const plan = seedPlanOf(values);
    if (surroundings.env['NODE_ENV'] === 'production')
      throw new UsageError(
        'NODE_ENV is production, where users whose password everybody knows have no place',
      );
    return withDatabase(surroundings.env, surroundings.note, async (database) => {
      const { identity } = await fill(database, plan, surroundings);
      // What the planner knows of the tables is of before; autovacuum would get to it a minute later.
      await withClient(database.ownerUrl, (owner) => owner.query('analyze'));
      surroundings.print(
        plan.users === 0
          ? 'Done.\n'
          : `Done. Log in as ${emailOf(identity!)} with the password 'password'.\n`,
      );
    });
  },
};

/** As identity's sample data has it. */
const emailOf = ({ first }: IdRange) => `user${first}@example.com`;

async function fill({ urls }: PreparedDatabase, plan: SeedPlan, surroundings: CliContext): Promise<Ranges> {
  const ranges: Ranges = {};
  for (const data of moduleData) {
    const progress = new Progress(data.schema, surroundings);
    const range = await seedModule(data, urls[data.schema]!, { plan, ranges, progress: progress.show });
    if (range) ranges[data.schema] = range;
    progress.done();
  }
  return ranges;
}
