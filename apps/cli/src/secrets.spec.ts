import { jwksSetting, signingKeySetting } from '@tearline/auth';
import { moduleNames } from '@tearline/modules';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { run } from './captured-output.fixture.js';

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'secrets-'));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

async function contents(of: string): Promise<Record<string, string>> {
  const files = (await readdir(of, { recursive: true, withFileTypes: true })).filter((each) => each.isFile());
  const paths = files.map((file) => join(file.parentPath, file.name));
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
  return Object.fromEntries(paths.map((path, index) => [path.slice(of.length + 1), texts[index]!.trimEnd()]));
}

it('makes a folder for each module and each server, which fit together', async () => {
  const into = await folder();
  expect(await run({}, 'secrets', '--into', into)).toMatchObject({ code: 0 });
  const made = await contents(into);
  for (const schema of moduleNames)
    expect(made[`${schema}/database-url`]).toMatch(
      new RegExp(`^postgres://tearline_${schema}:[\\w-]{43}@postgres:5432/tearline$`),
    );
  const { d: _, ...half } = signingKeySetting.parse(made['identity/signing-key']);
  expect(jwksSetting.parse(made['hosts/auth-jwks']).keys).toEqual([half]);
  expect(new URL(made['migrate/database-url']!).password).toBe(made['postgres/password']);
  expect(new URL(made['hosts/redis-url']!).password).toBe(made['redis/password']);
  expect(made['redis/redis.conf']).toBe(`requirepass ${made['redis/password']}`);
});

it('leaves alone what is there', async () => {
  const into = await folder();
  await run({}, 'secrets', '--into', into);
  const first = await contents(into);
  await rm(join(into, 'social'), { recursive: true });
  expect(await run({}, 'secrets', '--into', into)).toMatchObject({ printed: '1 secrets made.\n' });
  const { 'social/database-url': url, ...others } = await contents(into);
  expect(url).not.toBe(first['social/database-url']);
  expect(first).toMatchObject(others);
  expect(await run({}, 'secrets', '--into', into)).toMatchObject({
    printed: expect.stringContaining('Nothing to do'),
  });
});
