import { currentUrls, type IdRange, type PreparedDatabase, type SeedPlan } from '@tearline/database';
import { moduleData } from '@tearline/modules';
import { script, UsageError, wholeNumber } from '@tearline/process';
import { Option } from 'commander';
import type { CliContext } from './context.js';
import { withClient, withDatabase } from './database.js';
import { SampleEvents } from './sample-events.js';
import { seedModule } from './seed-module.js';
import { Progress } from './progress.js';
import { seedPlanOf, SMALL } from './seed-plan.js';

type Ranges = Record<string, IdRange>;

export function seedCommand(context: CliContext) {
  const command = script('seed', context)
    .summary('adds sample data')
    .description(
      `Adds sample data to the database that DATABASE_URL names, else to the embedded one in TEARLINE_DIR (.tearline), also
while an app runs there. Migrates first. The same --seed gives the same data in an empty database.`,
    )
    .addOption(
      new Option('--origin <url>', "the application's public address, for links to pictures").default(
        undefined,
        'http://127.0.0.1:3000, or with PORT',
      ),
    )
    .action(({ origin, ...counts }: Partial<SeedPlan> & { origin?: string }) =>
      seed(seedPlanOf(counts), originOf(origin, context), context),
    );
  for (const [name, count] of Object.entries(SMALL)) {
    const description = name === 'seed' ? 'seed of the random numbers' : `number of ${name}`;
    const option = new Option(`--${name} <number>`, description).default(undefined, `${count}`);
    command.addOption(option.argParser(wholeNumber(0, 999_999_999)));
  }
  return command;
}

/** @throws UsageError when it is not the address of a website */
function originOf(given: string | undefined, { env }: CliContext): string {
  const origin = given ?? `http://127.0.0.1:${env['PORT'] || '3000'}`;
  if (/^https?:[/][/][^/]+$/.test(origin) && URL.canParse(origin)) return origin;
  throw new UsageError(`--origin ${origin}: expected an address such as https://example.com`);
}

function seed(plan: SeedPlan, origin: string, context: CliContext): Promise<void> {
  if (context.env['NODE_ENV'] === 'production')
    throw new UsageError(
      'NODE_ENV: expected anything but production, because the sample users have a known password',
    );
  return withDatabase(context.env, context.note, async (database) => {
    const { identity } = await seedAll(database, plan, origin, context);
    // Refreshes the planner's statistics, which autovacuum would do a minute later.
    await withClient(database.ownerUrl, (owner) => owner.query('analyze'));
    context.print(
      plan.users === 0 ? 'Done.\n' : `Done. Log in as ${emailOf(identity!)} with the password 'password'.\n`,
    );
  });
}

/** As identity's sample data has it. */
const emailOf = ({ first }: IdRange) => `user${first}@example.com`;

async function seedAll(
  prepared: PreparedDatabase,
  plan: SeedPlan,
  origin: string,
  context: CliContext,
): Promise<Ranges> {
  const urls = await currentUrls(prepared.urls);
  const ranges: Ranges = {};
  const events = new SampleEvents();
  for (const data of moduleData) {
    const progress = new Progress(data.schema, context);
    const range = await seedModule(data, urls[data.schema]!, {
      plan,
      env: context.env,
      origin,
      ranges,
      emit: (event, payload, at) => events.emit(event, payload, at),
      emitted: (event) => events.emitted(event),
      progress: progress.show,
    });
    if (range) ranges[data.schema] = range;
    progress.done();
  }
  return ranges;
}
