import { databaseUrlVariable } from '@tearline/database';
import { type DeadLetter, type DeadLetters, deadLetters } from '@tearline/events';
import { moduleNames } from '@tearline/modules';
import { script, UsageError } from '@tearline/process';
import { isSet } from '@tearline/settings';
import { Option } from 'commander';
import type { CliContext } from './context.js';
import { withClient, withModules } from './database.js';
import { tableOf } from './table.js';

const UNDEFINED_TABLE = '42P01';

interface ModuleOption {
  readonly module?: string;
}

interface BulkOptions extends ModuleOption {
  readonly all?: true;
}

export function eventsCommand(context: CliContext) {
  const command = script('events', context)
    .summary('lists, retries or drops dead letters')
    .description(
      `Dead letters: events that a module could not handle, and jobs that failed, with the last attempt's error. Later events
of the same aggregate wait behind a dead letter; all others go on. Safe while the application runs, which sees changes
within seconds. Logs in with <MODULE>_DATABASE_URL or, outside production, with a role derived from DATABASE_URL or the
embedded database.`,
    )
    .helpCommand(false);
  const moduleOption = () => new Option('--module <module>', 'only this module').choices(moduleNames);

  command
    .command('list')
    .description('lists dead letters with their ids, oldest first')
    .addOption(moduleOption())
    .option('--json', 'prints JSON, with whole errors')
    .action(async ({ module, json }: ModuleOption & { json?: true }) => {
      const modules = module === undefined ? moduleNames : [module];
      const found = (await inEach(context, modules, (letters) => letters.list())).flat();
      const listed = found.toSorted((one, other) => +one.since - +other.since);
      context.print(json ? `${JSON.stringify(listed.map(named), null, 2)}\n` : textOf(listed));
    });

  const bulk = (action: 'retry' | 'drop', description: string, report: string) =>
    command
      .command(action)
      .description(description)
      .argument('[id...]', 'ids, as npm run events -- list shows them')
      .option('--all', 'all dead letters, instead of ids')
      .addOption(moduleOption())
      .action(async (ids: readonly string[], options: BulkOptions) => {
        const modules = modulesOf(action, ids, options);
        const counts = await inEach(context, modules, (letters, module) =>
          options.all ? letters[action]() : eachOf(letters, action, module, ids),
        );
        context.print(`${report}: ${counts.reduce((total, count) => total + count, 0)}.\n`);
      });
  bulk(
    'retry',
    'retries dead letters, with all attempts before them, and then the events behind them',
    'Retrying',
  );
  bulk('drop', 'drops dead letters for good; the events behind them go on', 'Dropped');
  return command;
}

function inEach<T>(
  { env, note }: CliContext,
  modules: readonly string[],
  work: (letters: DeadLetters, module: string) => Promise<T>,
): Promise<T[]> {
  return withModules(env, modules, note, async (urls) => {
    const results: T[] = [];
    for (const module of modules) {
      const own = databaseUrlVariable(module);
      const setting = isSet(own, env) ? own : 'DATABASE_URL';
      results.push(await inModule({ url: urls[module]!, setting, module }, work));
    }
    return results;
  });
}

/** The modules of the given ids or, with --all, of --module or all. @throws UsageError when the arguments contradict */
function modulesOf(action: string, ids: readonly string[], { all, module }: BulkOptions): readonly string[] {
  if (ids.length > 0 && (all || module !== undefined))
    throw new UsageError(`${action} takes ids, or --all, which --module may narrow; not both`);
  if (ids.length === 0 && !all)
    throw new UsageError(`${action}: name ids, as npm run events -- list shows them, or add --all`);
  const unknown = ids.find((id) => !moduleNames.includes(moduleOf(id)));
  if (unknown !== undefined) throw new UsageError(`'${unknown}' is no id; npm run events -- list shows them`);
  if (ids.length > 0) return [...new Set(ids.map(moduleOf))];
  return module === undefined ? moduleNames : [module];
}

/** Prefixes the id with the module: ids are unique within a module only. */
const named = (letter: DeadLetter): DeadLetter => ({ ...letter, id: `${letter.module}:${letter.id}` });
const moduleOf = (id: string) => id.split(':')[0]!;

async function eachOf(
  letters: DeadLetters,
  action: 'retry' | 'drop',
  module: string,
  ids: readonly string[],
): Promise<number> {
  let count = 0;
  for (const id of ids.filter((each) => moduleOf(each) === module)) {
    const found = await letters[action](id.slice(module.length + 1));
    if (found === 0) throw new Error(`no dead letter '${id}'; npm run events -- list shows them`);
    count += found;
  }
  return count;
}

async function inModule<T>(
  { url, setting, module }: { url: string; setting: string; module: string },
  work: (letters: DeadLetters, module: string) => Promise<T>,
): Promise<T> {
  try {
    return await withClient(url, (client) => work(deadLetters(client, module), module), { setting });
  } catch (error) {
    if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
    throw new Error(`module '${module}' has no tables for events; run npm run migrate`, {
      cause: error,
    });
  }
}

function textOf(letters: readonly DeadLetter[]): string {
  if (letters.length === 0) return 'No dead letters.\n';
  const rows = letters.map((letter) => {
    const { id, event, since, attempts, waiting, error } = named(letter);
    const day = since.toISOString().slice(0, 19).replace('T', ' ');
    return [id, event, day, attempts, waiting, error];
  });
  return tableOf(['id', 'event', 'since (UTC)', 'attempts', 'waiting', 'error'], rows);
}
