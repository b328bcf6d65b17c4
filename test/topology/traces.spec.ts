import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moduleNames } from '@tearline/modules';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { everyWay, type Way } from '../e2e/ways.js';
import { Api } from '../support/api-client.js';
import {
  articlePath,
  type ArticlesBody,
  newArticle,
  newUser,
  profilePath,
  publish,
  register,
} from '../support/conduit.js';
import { query, startPostgres } from '../support/postgres.js';
import { startTopology } from '../support/running-topology.js';
import {
  type CollectedSpan,
  detailed,
  startTraceCollector,
  type TraceCollector,
  treeOf,
} from '../support/trace-collector.js';

/** `TRACES=all` compares all ways to place the modules. */
const ways: readonly Way[] =
  process.env['TRACES'] === 'all'
    ? everyWay(moduleNames).slice(1)
    : [moduleNames, ['articles', 'notifications'], ['identity']];

const FAVORITE = `\
POST /api/articles/:slug/favorite (server)
  articles.favorite (client)
  identity.usersByIds (client)
    identity.usersByIds (server)
      identity.byIds (client)
  publish articles/favorited (producer)
    deliver articles/favorited (consumer)
      process articles/favorited (consumer)
        notifications.allocate (client)
        notifications.findGroup (client)
        notifications.openGroup (client)
  social.followedAmong (client)
    social.followedAmong (server)
      social.among (client)`;

/** What differs between two runs, or with the placement. */
const VARYING = ['messaging.message.id', 'url.path', 'tearline.placement', 'tearline.answer'];

/** By the name of the request. */
type Traces = ReadonlyMap<string, readonly CollectedSpan[]>;

let collector: TraceCollector;
let database: Awaited<ReturnType<typeof startPostgres>>;
let folder: string;
let expected: Traces;

beforeAll(async () => {
  collector = await startTraceCollector();
  database = await startPostgres({ maxConnections: 200 });
  folder = await mkdtemp(join(tmpdir(), 'traces-'));
  await chmod(folder, 0o755);
  expected = await tracesOf([], (traces) => {
    const last = traces.get('delete')!.find(({ name }) => name === 'process notifications.fanout');
    if (!last) throw new Error('the span of the job of the last request has not arrived');
  });
}, 240_000);
afterAll(async () => {
  await database?.stop();
  await collector?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a topology that places the modules this way, and returns the spans of nine requests, with those of their events and jobs. */
async function tracesOf(way: Way, assertComplete: (traces: Traces) => void): Promise<Traces> {
  const file = join(folder, `${way.join('+') || 'monolith'}.yaml`);
  const together = moduleNames.filter((module) => !way.includes(module));
  const hosts = [
    ...(together.length > 0 ? [['app', together] as const] : []),
    ...way.map((one) => [one, [one]] as const),
  ];
  await writeFile(
    file,
    `hosts:\n${hosts.map(([name, those]) => `  ${name}: { modules: [${those.join()}] }\n`).join('')}`,
  );
  const topology = await startTopology(file, {
    env: {
      DATABASE_URL: database.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      // Only what comes with a trace context is traced.
      TRACE_SAMPLE_RATE: '0',
      // A cached answer is a call that is not made, and checked mode makes each local query twice.
      CACHE: 'off',
      SEAM_CHECKED: 'off',
    },
  });
  try {
    const ids = await nineRequests(new Api(topology.url));
    const collected = () => new Map([...ids].map(([name, id]) => [name, collector.spans(id)]));
    // Spans arrive in the order in which they end, from each process.
    await vi.waitFor(() => assertComplete(collected()), { timeout: 20_000, interval: 100 });
    return collected();
  } finally {
    expect(await topology.stop()).toBe(0);
  }
}

/** @returns the ids of their traces, by name */
async function nineRequests(api: Api): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const traced = (name: string) => {
    const { id, headers } = newTrace();
    ids.set(name, id);
    return headers;
  };
  const [author, reader] = [await register(api), await register(api)];
  const article = await publish(author);
  const path = articlePath(article.slug);
  await untilRevocationsAreKnown(reader.api, [
    '/api/user',
    profilePath(author.username),
    path,
    `${path}/comments`,
    '/api/notifications',
    '/api/media/none',
  ]);
  const replies = [
    await api.post('/api/users', { user: newUser() }, traced('register')),
    await reader.api.get(profilePath(author.username), traced('profile')),
    await reader.api.post(`${profilePath(author.username)}/follow`, undefined, traced('follow')),
    await author.api.post(
      '/api/articles',
      { article: newArticle({ tagList: ['seams'] }) },
      traced('publish'),
    ),
    await reader.api.get(path, traced('article')),
    await reader.api.post(`${path}/favorite`, undefined, traced('favorite')),
    await reader.api.post(`${path}/comments`, { comment: { body: 'Well said.' } }, traced('comment')),
    await reader.api.get('/api/articles/feed', traced('feed')),
  ];
  expect(replies.map(({ status }) => status)).toEqual([201, 200, 200, 201, 200, 200, 201, 200]);
  await untilHandled();
  // What it withdraws has been there.
  const [latest] = (await reader.api.get<ArticlesBody>('/api/articles/feed')).body.articles;
  expect((await author.api.del(articlePath(latest!.slug), undefined, traced('delete'))).status).toBe(204);
  await untilHandled();
  return ids;
}

function newTrace(): { id: string; headers: Record<string, string> } {
  const id = randomBytes(16).toString('hex');
  return { id, headers: { traceparent: `00-${id}-${randomBytes(8).toString('hex')}-01` } };
}

/** A host that has just started asks for the credentials of each user, until it has read what was revoked. */
async function untilRevocationsAreKnown(api: Api, paths: readonly string[]): Promise<void> {
  const asked = async () => {
    const ids = await Promise.all(
      paths.map(async (path) => {
        const { id, headers } = newTrace();
        await api.get(path, headers);
        return id;
      }),
    );
    // The span of the request is the last one of its process.
    const hasArrived = (id: string) => collector.spans(id).some(({ name }) => name.startsWith('GET '));
    await vi.waitFor(() => expect(ids.filter((id) => !hasArrived(id))).toEqual([]), {
      timeout: 20_000,
      interval: 50,
    });
    return ids.flatMap((id) => collector.spans(id)).filter(({ name }) => name === 'identity.credentials');
  };
  await vi.waitFor(async () => expect(await asked()).toEqual([]), { timeout: 30_000, interval: 100 });
}

/** Waits until every event is confirmed, and the job of the deletion is done. */
async function untilHandled(): Promise<void> {
  const pending = moduleNames.map(
    (module) =>
      `select type from "${module}".outbox where aggregate is not null or queue = 'notifications.fanout'
       union all select event->>'type' from "${module}".inbox`,
  );
  const read = () => query(database.url, pending.join(' union all '));
  await vi.waitFor(async () => expect(await read()).toEqual([]), { timeout: 60_000, interval: 100 });
}

const trees = (traces: Traces) =>
  Object.fromEntries(
    [...traces].map(([name, spans]) => [name, treeOf(spans, (span) => detailed(span, VARYING))]),
  );
const placementsIn = (traces: Traces) => [
  ...new Set([...traces.values()].flat().flatMap(({ attributes }) => attributes['tearline.placement'] ?? [])),
];

describe('a trace', () => {
  it('has the calls, statements, events and handlers of its request', () => {
    expect(treeOf(expected.get('favorite')!)).toBe(FAVORITE);
    expect(placementsIn(expected)).toEqual(['local']);
  });

  it('goes on in the jobs of events', () => {
    const names = expected.get('delete')!.map(({ name }) => name);
    expect(names).toContain('enqueue notifications.fanout');
    expect(names).toContain('process notifications.fanout');
  });

  it.each(ways.map((way) => [way.join(' and '), way] as const))(
    'is the same with %s on hosts of their own',
    async (_name, way) => {
      const actual = await tracesOf(way, (traces) => expect(trees(traces)).toEqual(trees(expected)));
      // Only events reach media.
      const isCalledRemotely = way.some((module) => module !== 'media');
      expect(placementsIn(actual).includes('remote')).toBe(isCalledRemotely);
    },
    240_000,
  );
});
