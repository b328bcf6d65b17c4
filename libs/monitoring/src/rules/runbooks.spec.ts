import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { RUNBOOKS, runbookOf } from './alert.js';
import { alerts } from './rules-file.js';

const guide = readFileSync(fileURLToPath(new URL(`../../../../${RUNBOOKS}`, import.meta.url)), 'utf8');

it('every alert has a section in the guide, and every section an alert', () => {
  const sections = [...guide.matchAll(/^### (.+)$/gm)].map(([, name]) => name);
  expect(sections).toEqual(alerts.map(({ name }) => name));
});

it('the table of the guide has every alert with its severity, and the link of its annotation', () => {
  const rows = [...guide.matchAll(/^\| \[(\w+)\]\((#\w+)\) +\| (\w+) /gm)].map(([, ...cells]) => cells);
  expect(rows).toEqual(
    alerts.map((alert) => [alert.name, runbookOf(alert).slice(RUNBOOKS.length), alert.severity]),
  );
});
