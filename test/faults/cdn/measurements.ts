import { setTimeout as pause } from 'node:timers/promises';
import { Api } from '../../support/api-client.js';
import { atOnce } from '../../support/at-once.js';
import { type ArticleBody, articlePath, favorite, publish, register } from '../../support/conduit.js';
import type { RunningTopology } from '../../support/running-topology.js';
import { any, type Library } from './library.js';

const READERS = 8;
/** Of the lab's mix: 4 favorites and 1.5 publications for 83 anonymous reads. */
const [FAVORITES, PUBLICATIONS] = [4 / 83, 1.5 / 83];
const DOWN_READS_PER_SECOND = 50;

/** Sends anonymous reads, and the writes that come with so many, and counts the reads that reach a host. */
export async function originRequests(
  { url, hosts }: RunningTopology,
  library: Library,
  requests: number,
  withWrites: boolean,
) {
  const api = new Api(url);
  const { author } = library;
  const before = await getsOf(hosts);
  await atOnce(requests, READERS, async () => {
    await expectOk(api, library.draw());
    if (!withWrites) return;
    if (Math.random() < FAVORITES) await favorite(author, any(library.slugs));
    if (Math.random() < PUBLICATIONS) await publish(author, { tagList: ['one'] });
  });
  const fetched = (await getsOf(hosts)) - before;
  return { fetched, savedPercent: Math.round(1_000 * (1 - fetched / requests)) / 10 };
}

/** Returns the GETs of pages that the hosts have answered. */
async function getsOf(hosts: RunningTopology['hosts']): Promise<number> {
  let sum = 0;
  for (const host of hosts) {
    const text = await (await fetch(`${host.url}/metrics`)).text();
    for (const line of text.split('\n')) {
      if (!line.startsWith('http_request_duration_seconds_count{') || !line.includes('method="GET"'))
        continue;
      if (line.includes('route="/api/')) sum += Number(line.split(' ').at(-1));
    }
  }
  return sum;
}

/** Changes an article, and polls as an anonymous reader until the change is there. */
export async function purgeToFresh(
  { url }: RunningTopology,
  library: Library,
  count: number,
): Promise<string> {
  const api = new Api(url);
  const took: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const path = articlePath(any(library.slugs));
    await expectOk(api, path);
    const description = `version ${index}`;
    const { status } = await library.author.api.put(path, { article: { description } });
    if (status !== 200) throw new Error(`PUT ${path} answered ${status}`);
    const answered = performance.now();
    while ((await api.get<ArticleBody>(path)).body.article.description !== description);
    took.push(performance.now() - answered);
  }
  took.sort((one, other) => one - other);
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(share * took.length))]!.toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

/** Lets writers change their own article and read it back through the edge cache, while others read it. */
export async function readsBehindWriters({ url }: RunningTopology, reads: number): Promise<number> {
  const api = new Api(url);
  const writers = await atOnce(READERS, 2, async () => {
    const writer = await register(api);
    return { writer, path: articlePath((await publish(writer)).slug) };
  });
  let behind = 0;
  let left = reads;
  await Promise.all(
    writers.map(async ({ writer, path }) => {
      for (let version = 1; left > 0; version += 1) {
        const description = `version ${version}`;
        const reply = await writer.api.put(path, { article: { description } });
        // Between reads of others, who have the page stored.
        for (let times = 0; times < 5 && left > 0; times += 1) {
          left -= 1;
          await api.get(path);
          const seen = await writer.api.get<ArticleBody>(path);
          if (reply.status !== 200 || seen.body.article.description !== description) behind += 1;
        }
      }
    }),
  );
  return behind;
}

/** Reads stored pages while every host hangs. */
export async function originDown(topology: RunningTopology, library: Library, seconds: number) {
  const api = new Api(topology.url);
  const pages = library.pages;
  for (const page of pages) await expectOk(api, page);
  const pids = topology.hosts.map(({ pid }) => pid);
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  const [sent, failed] = [{ count: 0 }, { count: 0 }];
  try {
    const until = performance.now() + 1_000 * seconds;
    const pending: Promise<void>[] = [];
    while (performance.now() < until) {
      sent.count += 1;
      pending.push(
        api.get(any(pages)).then(
          ({ status }) => void (failed.count += status === 200 ? 0 : 1),
          () => void (failed.count += 1),
        ),
      );
      await pause(1_000 / DOWN_READS_PER_SECOND);
    }
    await Promise.all(pending);
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
  return { sent: sent.count, failed: failed.count };
}

async function expectOk(api: Api, path: string): Promise<void> {
  const { status } = await api.get(path);
  if (status !== 200) throw new Error(`GET ${path} answered ${status}`);
}
