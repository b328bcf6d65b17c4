import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningTopology, startTopology } from '../support/running-topology.js';

const patiently = { timeout: 60_000, interval: 200 };

interface Monitoring {
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly grafana: string;
  /** Folder of the store of the log. */
  readonly logs: string;
}

let topology: RunningTopology;
let monitoring: Monitoring;

beforeAll(async () => {
  topology = await startTopology('--alone=articles', { args: ['--observe', '--replicas', 'articles=2'] });
  const line = topology.logs().find((each) => each.includes('"prometheus":'));
  monitoring = JSON.parse(line!) as Monitoring;
}, 180_000);
afterAll(() => topology.stop());

/** What Prometheus answers to one of its questions. */
async function ask<T>(path: string): Promise<T> {
  const response = await fetch(`${monitoring.prometheus}/api/v1/${path}`);
  return ((await response.json()) as { data: T }).data;
}

it('watches every process under the name of its host', async () => {
  const up = async () => {
    const { activeTargets } = await ask<{ activeTargets: { labels: { host: string }; health: string }[] }>(
      'targets',
    );
    return activeTargets.map(({ labels, health }) => `${labels.host} ${health}`).toSorted();
  };
  await expect.poll(up, patiently).toEqual(['app up', 'articles up', 'articles up']);
});

it('evaluates the alerts, and passes them on', async () => {
  const health = async () => {
    const { groups } = await ask<{ groups: { rules: { health: string }[] }[] }>('rules');
    return new Set(groups.flatMap(({ rules }) => rules).map((rule) => rule.health));
  };
  await expect.poll(health, patiently).toEqual(new Set(['ok']));
  const receivers = async () => {
    const { activeAlertmanagers } = await ask<{ activeAlertmanagers: { url: string }[] }>('alertmanagers');
    return activeAlertmanagers.map(({ url }) => new URL(url).origin);
  };
  await expect.poll(receivers, patiently).toEqual([monitoring.alertmanager]);
});

it('leaves the dashboards for a Grafana', () => {
  const files = ['datasources/prometheus.yaml', 'dashboards/tearline-overview.json'];
  expect(files.filter((file) => !existsSync(join(monitoring.grafana, file)))).toEqual([]);
});

it('stores the log of every host, under the name of its service', async () => {
  const headers = { 'x-request-id': 'looked-for' };
  await fetch(`${topology.url}/api/articles`, { headers });
  await fetch(`${topology.url}/api/media/none`, { headers });
  const services = async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['dist/apps/logs/src/main.js', 'search', '--request=looked-for', '--json'],
      { env: { ...process.env, LOGS_DIR: monitoring.logs } },
    );
    const lines = stdout.split('\n').filter(Boolean);
    return new Set(lines.map((line) => (JSON.parse(line) as { service: string }).service));
  };
  await expect.poll(services, patiently).toEqual(new Set(['tearline', 'articles']));
});
