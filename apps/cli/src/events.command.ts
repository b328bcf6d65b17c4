import { type DeadLetter, type DeadLetters, deadLetters } from '@tearline/events';
import { moduleNames as names } from '@tearline/modules';
import { UsageError } from '@tearline/process';
import type { Command, OptionValues } from './command.js';
import { withModules } from './database.js';
import { tableOf } from './table.js';
import { withClient } from './with-client.js';

const UNDEFINED_TABLE = '42P01';

export const events: Command = {
  summary: 'lists, retries or drops what modules gave up on',
  help: `npm run events -- list [--module <module>] [--json]
npm run events -- retry <id…>
npm run events -- retry --all [--module <module>]
npm run events -- drop <id…>
npm run events -- drop --all [--module <module>]

Dead letters: events that a module could not handle, and background work that it could not do, with the last attempt's
error. The later events of the same aggregate wait behind a dead one; all others go on.

  list    what there is, oldest first, with the ids
  retry   tries them again, with all attempts before them, and then what waits behind
  drop    gives them up for good; what waits behind goes on without them

  --module <module>   of this one alone
  --all               instead of ids
  --json              list for programs, with whole errors

All of it may be done while everything runs, and is seen within seconds. It logs in as the modules do: with
<MODULE>_DATABASE_URL, or, outside production, as derived from DATABASE_URL or the embedded database.
`,
  options: { module: { type: 'string' }, all: { type: 'boolean' }, json: { type: 'boolean' } },
  takesArguments: true,
  run: async (values, { env, note, print }, [action, ...ids]) => {
    const asked = askedModules(values, ids);
    const inEach = <T>(work: (letters: DeadLetters, module: string) => Promise<T>): Promise<T[]> =>
      withModules(env, asked, note, async (urls) => {
        const results: T[] = [];
        for (const module of asked) results.push(await inModule(urls[module]!, module, work));
        return results;
      });
    if (action === 'list') {
      if (ids.length > 0 || values['all']) throw new UsageError('list takes neither ids nor --all');
      const found = (await inEach((letters) => letters.list())).flat();
      const listed = found.toSorted((one, other) => +one.since - +other.since);
      print(values['json'] ? `${JSON.stringify(listed.map(named), null, 2)}\n` : textOf(listed));
    } else if (action === 'retry' || action === 'drop') {
      refuseUnclear(action, ids, values);
      const counts = await inEach((letters, module) =>
        values['all'] ? letters[action]() : eachOf(letters, action, module, ids),
      );
      const sum = counts.reduce((total, count) => total + count, 0);
      print(`${action === 'retry' ? 'To be tried again' : 'Dropped'}: ${sum}.\n`);
    } else {
      const mistake =
        action === undefined ? 'list, retry or drop?' : `no '${action}'; there are list, retry, drop`;
      throw new UsageError(`${mistake}\n\n${events.help}`);
    }
  },
};

/** Ids are unique in their module alone, so here each has the module's name before it. */
const named = (letter: DeadLetter): DeadLetter => ({ ...letter, id: `${letter.module}:${letter.id}` });
const moduleOf = (id: string) => id.split(':')[0]!;

function askedModules({ module }: OptionValues, ids: readonly string[]): string[] {
  const asked =
    ids.length > 0 ? [...new Set(ids.map(moduleOf))] : module === undefined ? names : [String(module)];
  const stranger = asked.find((each) => !names.includes(each));
  if (stranger !== undefined)
    throw new UsageError(
      ids.length > 0
        ? `'${ids.find((id) => moduleOf(id) === stranger)}' is no id; npm run events -- list shows them`
        : `--module ${stranger}: there is no such module; there are ${names.join(', ')}`,
    );
  return asked;
}

function refuseUnclear(action: string, ids: readonly string[], { all, module, json }: OptionValues): void {
  if (json) throw new UsageError(`--json is for list, not for ${action}`);
  if (ids.length > 0 && (all || module !== undefined))
    throw new UsageError(`${action} takes ids, or --all, which --module may narrow; not both`);
  if (ids.length === 0 && !all)
    throw new UsageError(`${action} which? Name ids, as npm run events -- list shows them, or say --all`);
}

async function eachOf(
  letters: DeadLetters,
  action: 'retry' | 'drop',
  module: string,
  ids: readonly string[],
): Promise<number> {
  let count = 0;
  for (const id of ids.filter((each) => moduleOf(each) === module)) {
    const found = await letters[action](id.slice(module.length + 1));
    if (found === 0) throw new Error(`no dead letter '${id}' (any more); npm run events -- list shows them`);
    count += found;
  }
  return count;
}

async function inModule<T>(
  url: string,
  module: string,
  work: (letters: DeadLetters, module: string) => Promise<T>,
): Promise<T> {
  try {
    return await withClient(url, (client) => work(deadLetters(client, module), module));
  } catch (error) {
    if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
    throw new Error(`module '${module}' has no tables for events yet; npm run migrate makes them`, {
      cause: error,
    });
  }
}

function textOf(letters: readonly DeadLetter[]): string {
  if (letters.length === 0) return 'Nothing: everything was handled, or will be.\n';
  const rows = letters.map((letter) => {
    const { id, event, since, attempts, waiting, error } = named(letter);
    const day = since.toISOString().slice(0, 19).replace('T', ' ');
    return [id, event, day, attempts, waiting, error];
  });
  return tableOf(['id', 'event', 'since (UTC)', 'attempts', 'waiting', 'error'], rows);
}
