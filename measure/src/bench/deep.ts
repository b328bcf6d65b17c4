/** Whether lists take longer when there is more to list: `npm run bench:deep`. */
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { sendRequest } from '../kit/http-request.js';
import { type Cleanup, withCleanup } from '../kit/cleanup.js';
import { SEED_COUNTS, type Database, openDatabase, queryOwner } from '../kit/database.js';
import { closedLoop } from '../kit/closed-loop.js';
import { pinDriver, processor } from '../kit/machine.js';
import { median } from './median.js';
import { whole } from './options.js';
import { met, ms, table } from './report.js';
import { makeKeys, takeSamples } from '../kit/samples.js';
import { multiply } from './deep/multiply.js';
import { lists } from './deep/lists.js';
import { startTearline } from './monolith.js';
import { temporaryDir } from '../kit/temporary-dir.js';

/** How much longer half of the answers may take. */
const GOAL = 1.5;
/** Few enough that an answer's time is its own and not that of a queue. */
const CONNECTIONS = 2;
const HELP = `npm run bench:deep [-- <options>]

Starts two private PostgreSQL, one with ten thousand articles and one with so many times as many, and a monolith on
each. Asks both for the same lists in turn, and prints how long each takes.

  --times N      as many articles (100)
  --rounds N     the medians count (5)
  --requests N   of a round (400)
`;

const note = (line: string) => void process.stderr.write(`${line}\n`);

async function open(name: string, dir: string, cleanup: Cleanup): Promise<Database> {
  const own = join(dir, name);
  await mkdir(own);
  return openDatabase(own, cleanup, { settings: { max_wal_size: '8GB' } });
}

async function bench(
  { times, rounds, requests }: { times: number; rounds: number; requests: number },
  cleanup: Cleanup,
): Promise<void> {
  const dir = await temporaryDir(cleanup);
  const cores = pinDriver();
  const keys = await makeKeys();
  const sides = [];
  for (const [name, factor] of [
    ['shallow', 1],
    ['deep', times],
  ] as const) {
    note(`seeding ${(SEED_COUNTS.articles * factor).toLocaleString('en-US')} articles`);
    const started = performance.now();
    const database = await open(name, dir, cleanup);
    if (factor > 1) await multiply(database.ownerUrl, factor);
    note(`in ${((performance.now() - started) / 1000).toFixed(0)} s`);
    const server = await startTearline({ database, keys, core: cores.server, dir: join(dir, name) });
    cleanup.add(server.stop);
    sides.push({ server, shots: lists(await takeSamples(database.ownerUrl, keys)), database });
  }

  const [shallow, deep] = [sides[0]!, sides[1]!];
  const rows: string[][] = [];
  for (const name of Object.keys(shallow.shots)) {
    note(`measuring ${name}`);
    const p50s: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round += 1)
      for (const [index, { server, shots }] of sides.entries()) {
        const { p50, errors } = await closedLoop(server.url, shots[name]!, CONNECTIONS, requests);
        if (errors > 0) throw new Error(`${name}: ${errors} requests failed`);
        // The first round warms up.
        if (round > 0) p50s[index]!.push(p50);
      }
    const [before, after] = p50s.map(median) as [number, number];
    const times = after / before;
    rows.push([name, '', ms(before), ms(after), `× ${times.toFixed(2)}`, met(times <= GOAL)]);
  }

  const [{ articles }] = (await queryOwner<{ articles: number }>(
    deep.database.ownerUrl,
    'select count(*)::int as articles from articles.articles',
  )) as [{ articles: number }];
  const page = JSON.parse(await sendRequest(deep.server.url, deep.shots['all']![0]!)) as {
    articlesCount: number;
  };
  if (page.articlesCount !== articles) throw new Error(`the total is ${page.articlesCount}, not ${articles}`);
  const about = [
    `${processor()}; Node ${process.versions.node}, PostgreSQL ${deep.database.version}; ${cores.description}`,
    `${SEED_COUNTS.users.toLocaleString('en-US')} users; ${CONNECTIONS} connections; medians of ${rounds} rounds of ${requests} requests`,
  ];
  const head = [
    'list',
    '',
    `${SEED_COUNTS.articles} articles: p50 ms`,
    `${articles}: p50 ms`,
    'ratio',
    `≤ × ${GOAL}`,
  ];
  process.stdout.write(`${about.join('\n')}\n\n${table(head, rows)}\n`);
}

await withCleanup(async (cleanup) => {
  const { values } = parseArgs({
    options: {
      times: { type: 'string' },
      rounds: { type: 'string' },
      requests: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) process.stdout.write(HELP);
  else
    await bench(
      {
        times: whole('times', values.times) ?? 100,
        rounds: whole('rounds', values.rounds) ?? 5,
        requests: whole('requests', values.requests) ?? 400,
      },
      cleanup,
    );
});
