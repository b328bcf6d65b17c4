import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moduleNames } from '@tearline/modules';
import { alerts } from '@tearline/monitoring';
import { readTopology } from '@tearline/topology';
import { expect, it, onTestFinished } from 'vitest';
import { generatedFiles } from './files/generated-files.js';

const alertmanagerFile = fileURLToPath(
  new URL('../../../docker/alertmanager/alertmanager.yaml', import.meta.url),
);
const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' });

it.each([{}, { observe: true }])('Prometheus accepts its files with %o', async (profiles) => {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const topology = await readTopology('microservices', { modules: moduleNames });
  const files = generatedFiles(topology, {}, profiles);
  const [configuration, rules] = [join(folder, 'prometheus.yaml'), join(folder, 'rules.yaml')];
  // In the container it is elsewhere.
  const text = files['prometheus/microservices.yaml']!.replace('/etc/prometheus/rules.yaml', rules);
  expect(text).toContain(rules);
  writeFileSync(configuration, text);
  writeFileSync(rules, files['prometheus/microservices.rules.yaml']!);
  expect(run('promtool', 'check', 'config', configuration)).toMatch(/\d+ rules found/);
});

it('Alertmanager accepts its file, which names alerts that exist', () => {
  expect(run('amtool', 'check-config', alertmanagerFile)).toContain('SUCCESS');
  const named = [...readFileSync(alertmanagerFile, 'utf8').matchAll(/alertname =~? "?([\w|]+)/g)].flatMap(
    ([, names]) => names!.split('|'),
  );
  expect(named).toContain('HostDown');
  const known = alerts.map(({ name }) => name);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});

it('alerts that users notice go to another receiver than the others', () => {
  const receiver = (...labels: string[]) =>
    run('amtool', 'config', 'routes', 'test', `--config.file=${alertmanagerFile}`, ...labels).trim();
  expect(receiver('alertname=HostDown', 'severity=page')).toBe('page');
  expect(receiver('alertname=DeadLetters', 'severity=ticket')).toBe('ticket');
});
