import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findControlGroup } from './control-group.js';

/** Files as the kernel shows them: few machines have control groups of both versions that a test may fill. */
function groupsOf(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'cgroup-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), `${text}\n`);
  }
  return root;
}

const version2 = (folder: string) => ({
  [join(folder, 'memory.current')]: '500000',
  [join(folder, 'memory.stat')]: 'anon 300000\nfile 190000\ninactive_file 120000\nactive_file 70000',
  [join(folder, 'memory.events')]: 'low 0\nhigh 0\nmax 120\noom 3\noom_kill 2\noom_group_kill 0',
  [join(folder, 'memory.pressure')]:
    'some avg10=12.50 avg60=3.00 avg300=0.60 total=9000\nfull avg10=1.00 avg60=0.00 avg300=0.00 total=100',
});
const figures = { used: 380_000, pressure: 12.5, oomKills: 2 };

it('of version 2 is read where a container sees it', () => {
  expect(findControlGroup(groupsOf(version2('.')), '0::/')()).toEqual(figures);
});

it('of version 2 is read in the folder of a service', () => {
  const root = groupsOf(version2('system.slice/tearline.service'));
  expect(findControlGroup(root, '0::/system.slice/tearline.service')()).toEqual(figures);
});

it('of version 2 may be without pressure', () => {
  const files = Object.entries(version2('.')).filter(([name]) => name !== 'memory.pressure');
  const root = groupsOf(Object.fromEntries(files));
  expect(findControlGroup(root, '0::/')()).toEqual({ ...figures, pressure: 0 });
});

it('of version 1 is read where a container sees it', () => {
  const root = groupsOf({
    'memory/memory.usage_in_bytes': '500000',
    'memory/memory.stat': 'cache 190000\ntotal_inactive_file 120000',
    'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2',
  });
  const membership = '12:cpu:/docker/ab12\n4:memory:/docker/ab12\n0::/docker/ab12';
  expect(findControlGroup(root, membership)()).toEqual({ ...figures, pressure: 0 });
});

it('that is not there has no figures', () => {
  expect(findControlGroup(groupsOf({}), '')()).toEqual({ used: 0, pressure: 0, oomKills: 0 });
});
