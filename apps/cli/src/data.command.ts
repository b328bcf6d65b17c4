import { connectServers, DataMove, databaseUrls, type MovePlan, ownerSettings } from '@tearline/database';
import { moduleData, moduleNames } from '@tearline/modules';
import { script, UsageError } from '@tearline/process';
import { readSettings } from '@tearline/settings';
import { Argument, Option } from 'commander';
import type { CliContext } from './context.js';
import { withOwner } from './database.js';
import { MoveProgress } from './move-progress.js';
import { tableOf } from './table.js';

interface Options {
  readonly to?: string;
}

/** Of an initial copy, on a server with one disk; for an estimate. */
const BYTES_PER_SECOND = 20_000_000;
const MIB = 1024 * 1024;

export function dataCommand(context: CliContext) {
  const command = script('data', context)
    .summary("moves a module's data to another PostgreSQL server and back, while it is used")
    .description(
      `Moves the data of a module to another PostgreSQL server by logical replication, while hosts serve. Requests that write
wait for a moment when the data changes servers; hosts follow by themselves. Until \`finish\`, both servers have the data, so
that it can go back. Each command may be interrupted: run again, it goes on where it was.`,
    )
    .addHelpText(
      'after',
      `
Environment:
  DATABASE_URL            the owner of the database that has, or had, the module's data
  TARGET_DATABASE_URL     the owner of the other database; --to overrides it
  <MODULE>_DATABASE_URL   the module's role and password, which it keeps; required in production (NODE_ENV)

Without DATABASE_URL, outside production, the data is in the embedded database in TEARLINE_DIR (.tearline).
docs/guide/move-data.md explains each step.`,
    )
    .helpCommand(false);
  const add = (name: string, description: string) =>
    command
      .command(name)
      .description(description)
      .addArgument(new Argument('<module>', 'whose data it is').choices(moduleNames))
      .addOption(new Option('--to <url>', 'the owner of the other database, instead of TARGET_DATABASE_URL'));

  add('move', "moves the module's data to the other server")
    .option('--dry-run', 'shows what would be moved and what stands in its way, and changes nothing')
    .action((module: string, { dryRun, ...options }: Options & { dryRun?: true }) =>
      withMove(context, module, options, async (move) => {
        const plan = await move.plan();
        if (dryRun) {
          context.print(planText(module, plan));
          if (plan.obstacles.length > 0) throw new Error(`${plan.obstacles.length} obstacles`);
          return;
        }
        context.print(movedText(module, 'there', await move.move()));
      }),
    );
  add('status', 'shows where the data is, and how far the other server is behind').action(
    (module: string, options: Options) =>
      withMove(context, module, options, async (move) => {
        const { at, peer, epoch, behindBytes } = await move.status();
        const follows =
          behindBytes === undefined ? 'does not follow' : `follows, ${behindBytes} bytes behind`;
        context.print(
          `'${module}' is at ${at} (${epoch} moves so far). ` +
            (peer === null
              ? 'No move is under way.\n'
              : `The other server ${follows}; \`finish\` or \`abort\` ends the move.\n`),
        );
      }),
  );
  add('back', 'moves the data back, with everything that was written since').action(
    (module: string, options: Options) =>
      withMove(context, module, options, async (move) =>
        context.print(movedText(module, 'back', await move.back())),
      ),
  );
  add('finish', 'ends the replication, and removes the data from the server that does not serve it').action(
    (module: string, options: Options) =>
      withMove(context, module, options, async (move) => {
        await move.finish();
        const { at } = await move.status();
        context.print(
          `'${module}' is at ${at} alone. Name that database in its URL at the next deployment.\n`,
        );
      }),
  );
  add('abort', 'returns the data, if it has moved, and removes it from the other server').action(
    (module: string, options: Options) =>
      withMove(context, module, options, async (move) => {
        await move.abort();
        context.print(`'${module}' is where it was, and nothing of the move is left.\n`);
      }),
  );
  return command;
}

async function withMove(
  context: CliContext,
  module: string,
  { to }: Options,
  work: (move: DataMove) => Promise<void>,
): Promise<void> {
  const { env, note } = context;
  const { TARGET_DATABASE_URL } = readSettings(
    { TARGET_DATABASE_URL: ownerSettings.TARGET_DATABASE_URL },
    to === undefined ? env : { TARGET_DATABASE_URL: to },
  );
  if (TARGET_DATABASE_URL === undefined)
    throw new UsageError(
      'name the other database with --to, e.g. --to postgres://owner:password@db-2:5432/tearline, or with TARGET_DATABASE_URL',
    );
  const interrupted = new AbortController();
  const stop = () => interrupted.abort(new Error('interrupted: the same command goes on from here'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const progress = new MoveProgress(module, context);
  try {
    await withOwner(env, note, async (ownerUrl) => {
      const isProduction = env['NODE_ENV'] === 'production';
      const moduleUrl = databaseUrls([module], env, isProduction ? undefined : ownerUrl)[module]!;
      const [source, target] = await connectServers([
        [ownerUrl, 'DATABASE_URL'],
        [TARGET_DATABASE_URL, to === undefined ? 'TARGET_DATABASE_URL' : '--to'],
      ]);
      try {
        const data = moduleData.find(({ schema }) => schema === module)!;
        const { signal } = interrupted;
        await work(
          new DataMove({ data, moduleUrl, source, target, log: note, progress: progress.show, signal }),
        );
      } finally {
        for (const { owner } of [source, target]) await owner.end().catch(() => undefined);
      }
    });
  } finally {
    progress.end();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  }
}

function planText(module: string, { tables, obstacles }: MovePlan): string {
  const total = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  const seconds = Math.ceil(total / BYTES_PER_SECOND);
  const rows = tables.map(({ name, rows: count, bytes }) => [name, count, (bytes / MIB).toFixed(1)]);
  const found =
    obstacles.length === 0
      ? 'Nothing stands in the way.'
      : `In the way:\n${obstacles.map((obstacle) => `- ${obstacle}`).join('\n')}`;
  return `${tableOf(['table', 'rows (about)', 'MiB'], rows)}
'${module}' has ${(total / MIB).toFixed(1)} MiB to copy, about ${seconds} s at ${BYTES_PER_SECOND / 1_000_000} MB/s. ${found}
`;
}

const movedText = (module: string, where: string, pauseMs: number | undefined) =>
  pauseMs === undefined
    ? `'${module}' is ${where} already.\n`
    : `'${module}' is ${where}. Its tables were locked for ${Math.round(pauseMs)} ms. \`back\` returns it, \`finish\` ends the move.\n`;
