import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type AlertCase, cases, HOSTS } from './alert-cases.fixture.js';
import { type Alert, runbookOf } from './alert.js';
import { alerts, rulesFile } from './rules-file.js';

const folder = mkdtempSync(join(tmpdir(), 'rules-'));
const file = (name: string, content: object) => {
  const path = join(folder, name);
  writeFileSync(path, stringify(content, { lineWidth: 0, aliasDuplicateObjects: false }));
  return path;
};
const promtool = (...args: string[]) => execFileSync('promtool', args, { encoding: 'utf8', stdio: 'pipe' });

beforeAll(() => void file('rules.yaml', rulesFile(HOSTS)));
afterAll(() => rmSync(folder, { recursive: true }));

/** Has promtool compute the rules over the series of a case, and compare the alerts. */
function testOf(
  { name, severity, ...alert }: Alert,
  { fires, silent, evaluated = '1m', sampled = '1m' }: AlertCase,
): object {
  const situation = ({ series, at }: AlertCase['silent'][number], alerts: object[]) => ({
    interval: sampled,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: at, alertname: name, exp_alerts: alerts }],
  });
  const expected = {
    exp_labels: { ...fires.labels, severity },
    exp_annotations: { summary: fires.summary, runbook: runbookOf({ ...alert, name }) },
  };
  return {
    rule_files: ['rules.yaml'],
    evaluation_interval: evaluated,
    tests: [situation(fires, [expected]), ...silent.map((each) => situation(each, []))],
  };
}

it('the rules are valid', () => {
  expect(promtool('check', 'rules', '--lint-fatal', join(folder, 'rules.yaml'))).toContain('SUCCESS');
});

describe.each(alerts)('$name', (alert) => {
  it('fires for its cause alone', () => {
    const own = cases[alert.name];
    expect(own, 'a case').toBeDefined();
    expect(promtool('test', 'rules', file(`${alert.name}.yaml`, testOf(alert, own!)))).toContain('SUCCESS');
  });
});

it('promtool notices an alert that does not fire', () => {
  const [alert] = alerts.filter(({ name }) => name === 'DeadLetters') as [Alert];
  const { fires } = cases['EventsWaiting']!;
  const wrong = file('wrong.yaml', testOf(alert, { fires, silent: [] }));
  expect(() => promtool('test', 'rules', wrong)).toThrow(/FAILED/);
});
