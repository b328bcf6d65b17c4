/** Measures whether lists take longer when there is more to list: `npm run bench:deep`. */
import { closedLoop } from '../kit/closed-loop.js';
import { count, note, npmScript, runCommand } from '../kit/command.js';
import { queryOwner, SEED_COUNTS } from '../kit/database.js';
import { filteredLists, requestsOf } from '../kit/endpoints.js';
import { get, type HttpRequest, sendRequest } from '../kit/http-request.js';
import { inTurn } from '../kit/in-turn.js';
import { assignMachineCores } from '../kit/machine.js';
import { ms, ratio, table, verdict } from '../kit/report/markdown.js';
import type { Samples } from '../kit/samples.js';
import { median } from '../kit/statistics.js';
import { Bench, MONOLITH } from './bench.js';

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

async function run({ times, rounds, requests }: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const cores = assignMachineCores();
  const articles = SEED_COUNTS.articles * times;
  const start = async (factor: number) => {
    const bench = await Bench.open(cleanup, { cores, settings: { max_wal_size: '8GB' } });
    if (factor > 1) {
      note(`copying articles up to ${articles.toLocaleString('en-US')}`);
      await multiplyArticles(bench.database.ownerUrl, factor);
    }
    const { url } = await bench.startHost({ name: 'monolith', entry: MONOLITH, env: { CACHE: 'off' } });
    return { url, bench, lists: listsOf(await bench.samples()) };
  };
  const [shallow, deep] = [await start(1), await start(times)];

  const rows: string[][] = [];
  for (const name of Object.keys(shallow.lists)) {
    note(`measuring ${name}`);
    const found = await inTurn([shallow, deep], rounds + 1, async ({ url, lists }) => {
      const load = { connections: CONNECTIONS, amount: requests };
      const { p50, errors } = await closedLoop(url, lists[name]!, load);
      if (errors > 0) throw new Error(`${name}: ${errors} requests failed`);
      return p50;
    });
    // The first round warms up.
    const [before, after] = found.map((p50s) => median(p50s.slice(1))) as [number, number];
    rows.push([name, '', ms(before), ms(after), ratio(after / before), verdict(after / before <= GOAL)]);
  }

  const page = JSON.parse(await sendRequest(deep.url, deep.lists['all']![0]!)) as { articlesCount: number };
  if (page.articlesCount !== articles)
    throw new Error(`articlesCount: expected ${articles}, got ${page.articlesCount}`);
  const about = `${CONNECTIONS} connections; medians of ${rounds} rounds of ${requests} requests`;
  const head = ['list', '', `${SEED_COUNTS.articles} articles: p50 ms`, `${articles}: p50 ms`];
  deep.bench.print(about, table([...head, 'ratio', `≤ × ${GOAL}`], rows));
}

/** Returns the requests for each list of the API. */
function listsOf(samples: Samples): Record<string, HttpRequest[]> {
  const { authors, tags, tokens, usernames } = samples;
  return {
    all: requestsOf('list', samples),
    'all, for a user': tokens.map((token) => get('/api/articles?limit=20', token)),
    tag: requestsOf('tag', samples),
    author: requestsOf('author', samples),
    favorited: filteredLists('favorited', usernames),
    'tag and author': filteredLists('author', authors).map(({ path }, index) =>
      get(`${path}&tag=${encodeURIComponent(tags[index % tags.length]!)}`),
    ),
    feed: requestsOf('feed', samples),
    comments: requestsOf('comments', samples),
    tags: requestsOf('tags', samples),
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

await runCommand(command, run);
