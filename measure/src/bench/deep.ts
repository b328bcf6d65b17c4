/** Measures whether lists take longer when there is more to list: `npm run bench:deep`. */
import { closedLoop } from '../kit/closed-loop.js';
import { count, note, npmScript, runCommand } from '../kit/command.js';
import { openDatabase, queryOwner, SEED_COUNTS } from '../kit/database.js';
import { filteredLists } from '../kit/endpoints.js';
import { get, type HttpRequest, sendRequest } from '../kit/http-request.js';
import { assignMachineCores, describeMachine } from '../kit/machine.js';
import { ms, ratio, table, verdict } from '../kit/report/table.js';
import { makeKeys, type Samples, takeSamples } from '../kit/samples.js';
import { median } from '../kit/statistics.js';
import { subfolder, temporaryDir } from '../kit/temporary-dir.js';
import { MONOLITH, startHost } from './hosts.js';

interface Options {
  readonly times: number;
  readonly rounds: number;
  readonly requests: number;
}

/** The allowed factor of the p50. */
const GOAL = 1.5;
/** So few that a response does not wait for others. */
const CONNECTIONS = 2;

const command = npmScript(
  'bench:deep',
  'Starts two private PostgreSQL, one with ten thousand articles and one with many times as many, and a monolith on ' +
    'each. Requests the same lists of both in turn, and prints how long each takes.',
)
  .option('--times <n>', 'the factor of articles', count, 100)
  .option('--rounds <n>', 'rounds; their median counts', count, 5)
  .option('--requests <n>', 'requests of a round', count, 400);

async function bench({ times, rounds, requests }: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const dir = await temporaryDir('bench', cleanup);
  const cores = assignMachineCores();
  const keys = await makeKeys();
  const sides = [];
  for (const [name, factor] of [
    ['shallow', 1],
    ['deep', times],
  ] as const) {
    note(`seeding ${(SEED_COUNTS.articles * factor).toLocaleString('en-US')} articles`);
    const folder = await subfolder(dir, name);
    const database = await openDatabase(folder, cleanup, { settings: { max_wal_size: '8GB' } });
    if (factor > 1) await multiplyArticles(database.ownerUrl, factor);
    const host = { database, keys, core: cores.hosts?.split(',')[0], dir: folder, name, entry: MONOLITH };
    const { url } = await startHost({ ...host, env: { CACHE: 'off' } }, cleanup);
    sides.push({ url, database, lists: listsOf(await takeSamples(database.ownerUrl, keys)) });
  }

  const [shallow, deep] = [sides[0]!, sides[1]!];
  const rows: string[][] = [];
  for (const name of Object.keys(shallow.lists)) {
    note(`measuring ${name}`);
    const p50s: [number[], number[]] = [[], []];
    for (let round = 0; round <= rounds; round += 1)
      for (const [index, { url, lists }] of sides.entries()) {
        const load = { connections: CONNECTIONS, amount: requests };
        const { p50, errors } = await closedLoop(url, lists[name]!, load);
        if (errors > 0) throw new Error(`${name}: ${errors} requests failed`);
        // The first round warms up.
        if (round > 0) p50s[index]!.push(p50);
      }
    const [before, after] = p50s.map(median) as [number, number];
    rows.push([name, '', ms(before), ms(after), ratio(after / before), verdict(after / before <= GOAL)]);
  }

  const articles = SEED_COUNTS.articles * times;
  const page = JSON.parse(await sendRequest(deep.url, deep.lists['all']![0]!)) as { articlesCount: number };
  if (page.articlesCount !== articles)
    throw new Error(`articlesCount: expected ${articles}, got ${page.articlesCount}`);
  const about = `${CONNECTIONS} connections; medians of ${rounds} rounds of ${requests} requests`;
  const head = ['list', '', `${SEED_COUNTS.articles} articles: p50 ms`, `${articles}: p50 ms`];
  process.stdout.write(
    `${describeMachine(deep.database.version, cores)}\n${about}\n\n${table([...head, 'ratio', `≤ × ${GOAL}`], rows)}\n`,
  );
}

/** Returns the requests for each list of the API. */
function listsOf({
  tags,
  authors,
  usernames,
  tokens,
  discussedSlugs,
}: Samples): Record<string, HttpRequest[]> {
  return {
    all: [get('/api/articles?limit=20')],
    'all, for a user': tokens.map((token) => get('/api/articles?limit=20', token)),
    tag: filteredLists('tag', tags),
    author: filteredLists('author', authors),
    favorited: filteredLists('favorited', usernames),
    'tag and author': filteredLists('author', authors).map(({ path }, index) =>
      get(`${path}&tag=${encodeURIComponent(tags[index % tags.length]!)}`),
    ),
    feed: tokens.map((token) => get('/api/articles/feed?limit=20', token)),
    comments: discussedSlugs.map((slug) => get(`/api/articles/${encodeURIComponent(slug)}/comments`)),
    tags: [get('/api/tags')],
  };
}

/** Copies each article, with the same author and tags, a second apart; everything else stays as it is. */
async function multiplyArticles(ownerUrl: string, times: number): Promise<void> {
  await queryOwner(
    ownerUrl,
    `insert into articles.articles (slug, title, description, body, tag_list, author_id, created_at, updated_at)
     select slug || '-copy-' || n, title, description, body, tag_list, author_id,
            created_at - n * interval '1 second', updated_at
       from generate_series(1, ${times - 1}) n cross join articles.articles`,
    `insert into articles.article_tags (tag, published_at, article_id, author_id)
     select tag, created_at, id, author_id from articles.articles, unnest(tag_list) tag
     on conflict do nothing`,
    `update articles.counters set total = total * ${times}`,
    'vacuum analyze',
  );
}

await runCommand(command, bench);
