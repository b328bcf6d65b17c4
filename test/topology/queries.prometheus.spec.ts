import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alerts, dashboards, prometheusConfig, rulesFile } from '@tearline/monitoring';
import { parser, VectorSelector } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Api } from '../support/api-client.js';
import { register } from '../support/conduit.js';
import { type EventSourceClient, openEventSource } from '../support/event-source.js';
import { streamTicket } from '../support/notifications.js';
import { LogStore } from '../support/log-store.js';
import { NatsServer } from '../support/nats.js';
import { PrometheusServer } from '../support/prometheus.js';
import { RedisServer } from '../support/redis.js';
import { type RunningTopology, startTopology } from '../support/running-topology.js';
import { type Load, startLoad } from './load.js';

const patiently = { timeout: 90_000, interval: 500 };
vi.setConfig({ testTimeout: 120_000 });

const redis = new RedisServer();
const nats = new NatsServer();
const prometheus = new PrometheusServer();
const evidence = mkdtempSync(join(tmpdir(), 'evidence-'));
let topology: RunningTopology;
let logs: LogStore;
let load: Load;
let stream: EventSourceClient;

beforeAll(async () => {
  await Promise.all([redis.start(), nats.start()]);
  logs = await LogStore.create(nats.url('store'));
  await logs.start();
  topology = await startTopology('microservices', {
    env: {
      REDIS_URL: redis.url,
      LOGS_URL: nats.url('hosts'),
      LOGS_SPOOL_DIR: join(evidence, 'spool'),
      TEARLINE_REPLICAS: '1',
      STREAMS_MAX: '1',
      MEMORY_EVIDENCE_DIR: evidence,
    },
  });
  const hosts = topology.hosts.map(({ name, url }) => ({
    name: name.split('.')[0]!,
    url: new URL(url).host,
  }));
  await prometheus.start(
    (rules) => ({
      ...prometheusConfig({
        hosts: {
          static_configs: hosts.map(({ name, url }) => ({ targets: [url], labels: { host: name } })),
        },
        rules,
      }),
      global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '2s' },
    }),
    rulesFile(hosts.map(({ name }) => name)),
  );
  load = await startLoad(topology.url, 4, 'reads and writes');
  stream = await openStream();
  // The second stream of a process that may have one gets 503, which is an error of the server.
  await openStream().then(
    (second) => second.close(),
    () => undefined,
  );
}, 240_000);

afterAll(async () => {
  stream?.close();
  await load?.stop();
  await prometheus.stop();
  await topology?.stop();
  await logs?.remove();
  await Promise.all([redis.kill({ deleteData: true }), nats.stop()]);
  rmSync(evidence, { recursive: true });
});

async function openStream(): Promise<EventSourceClient> {
  const ticket = await streamTicket(await register(new Api(topology.url)));
  return openEventSource(`${topology.url}/api/notifications/stream?ticket=${ticket}`);
}

/** Replaces Grafana's variables by values that the topology has: one query for each module where it is about one. */
function withValues(query: string): string[] {
  const articles = topology.hosts.find(({ modules }) => modules.includes('articles'))!;
  const values: Record<string, string> = {
    __rate_interval: '30s',
    host: 'articles',
    instance: new URL(articles.url).host,
  };
  const replaced = query.replaceAll(/\$(\w+)/g, (variable, name: string) => values[name] ?? variable);
  if (!replaced.includes('$module')) return [replaced];
  return topology.hosts.flatMap(({ modules }) =>
    modules.map((module) => replaced.replaceAll('$module', module)),
  );
}

interface Panel {
  readonly title?: string;
  readonly panels?: readonly Panel[];
  readonly targets?: readonly { readonly expr?: string }[];
}

function queriesOf({ title, panels = [], targets = [] }: Panel): (readonly [title: string, query: string])[] {
  return [...targets.map(({ expr }) => [title!, expr!] as const), ...panels.flatMap(queriesOf)];
}

/** Returns the series that an expression reads: `up{job="hosts"}`. */
function selectorsOf(expression: string): string[] {
  const found: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ type, from, to }) => {
      if (type.id === VectorSelector) found.push(expression.slice(from, to));
    },
  });
  return found;
}

/** Returns what has no data, of queries that are by name. Not every module is called, or handles events: one of them suffices. */
async function withoutData(queries: readonly (readonly [name: string, query: string])[]): Promise<string[]> {
  const answers = await Promise.all(
    queries.map(async ([name, query]) => {
      const samples = (await Promise.all(withValues(query).map((each) => prometheus.query(each)))).flat();
      return { name: `${name}: ${query}`, hasData: samples.some(({ value }) => !Number.isNaN(value)) };
    }),
  );
  return answers.filter(({ hasData }) => !hasData).map(({ name }) => name);
}

describe.each(dashboards().map((dashboard) => ({ title: dashboard.title!, dashboard })))(
  'the dashboard $title',
  ({ dashboard }) => {
    it('has data in every query', async () => {
      const queries = (dashboard.panels ?? []).flatMap((panel) => queriesOf(panel as Panel));
      expect(queries.length).toBeGreaterThan(5);
      await expect.poll(() => withoutData(queries), patiently).toEqual([]);
    });

    it('has values for its variables', async () => {
      const queries = (dashboard.templating?.list ?? []).map(({ name, query }) => {
        const [, metric] = /^label_values\((.+), (\w+)\)$/.exec(query as string)!;
        return [name, metric!] as const;
      });
      await expect.poll(() => withoutData(queries), patiently).toEqual([]);
    });
  },
);

describe('the rules', () => {
  const { groups } = rulesFile([]) as {
    groups: { rules: { record?: string; alert?: string; expr: string }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);

  it('read series that exist', async () => {
    const series = rules.flatMap(({ record, alert, expr }) =>
      selectorsOf(expr).map((selector) => [record ?? alert!, selector] as const),
    );
    expect(series.length).toBeGreaterThan(alerts.length);
    await expect.poll(() => withoutData(series), patiently).toEqual([]);
  });

  it('are evaluated without an error', async () => {
    await expect.poll(() => prometheus.failedRules(), patiently).toEqual([]);
  });

  it('raise no alert in health', async () => {
    // The stream that was refused is an error, and the disk is that of the machine.
    const query = 'ALERTS{alertname!~"ErrorBudget.*|DiskNearlyFull"}';
    await expect.poll(() => prometheus.query(query), patiently).toEqual([]);
  });
});

it('a metric that no host has is noticed', async () => {
  expect(await withoutData([['sample', 'sum(rate(no_such_metric_total[5m]))']])).toHaveLength(1);
  await expect(prometheus.query('sum(')).rejects.toThrow('parse error');
});
