import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findPatroni } from './find-patroni.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'programs-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Finds programs of which Patroni is of a version; the others do nothing. */
async function warningOf(version: string): Promise<string | undefined> {
  const programs = ['etcd', 'postgres', 'pg_rewind', 'pg_basebackup', 'pg_controldata', 'pg_isready', 'psql'];
  for (const program of programs) await writeFile(join(folder, program), '', { mode: 0o755 });
  await writeFile(join(folder, 'patroni'), `#!/bin/sh\necho patroni ${version}\n`, { mode: 0o755 });
  return (await findPatroni(folder)).warning;
}

it.each(['3.0.2', '2.1.10', '3.0'])(
  'warns of Patroni %s, in which a leader overwrites the lock of another',
  async (version) => expect(await warningOf(version)).toMatch(`Patroni ${version} lets`),
);

it.each(['3.0.3', '3.0.10', '4.0.7', '10.0'])('takes Patroni %s as it is', async (version) =>
  expect(await warningOf(version)).toBeUndefined(),
);
