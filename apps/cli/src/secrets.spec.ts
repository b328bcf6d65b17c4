import { jwksSetting, signingKeySetting } from '@tearline/auth';
import { moduleNames } from '@tearline/modules';
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
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
  expect(made['cdn/purge-secret']).toMatch(/^[\w-]{43}$/);
  expect(made['redis/redis.conf']).toBe(`requirepass ${made['redis/password']}`);
});

it('makes those of a cluster under Patroni, whose members have the same roles', async () => {
  const into = await folder();
  const members = 'patroni-1,patroni-2,patroni-3/tearline';
  expect(await run({}, 'secrets', '--into', into, '--ha', members)).toMatchObject({ code: 0 });
  const made = await contents(into);
  for (const schema of moduleNames)
    expect(made[`${schema}/ha-database-url`]).toMatch(
      new RegExp(`^postgres://tearline_${schema}:[\\w-]{43}@${members}$`),
    );
  expect(made['migrate/ha-database-url']).toBe(
    `postgres://tearline:${made['patroni/owner-password']}@${members}`,
  );
  const passwords = ['superuser', 'replication', 'rewind', 'restapi', 'owner'];
  expect(new Set(passwords.map((name) => made[`patroni/${name}-password`])).size).toBe(passwords.length);
});

it('refuses members that are no hosts', async () => {
  const result = await run({}, 'secrets', '--into', await folder(), '--ha', 'db-1,db 2/tearline');
  expect(result).toMatchObject({ code: 2, noted: expect.stringContaining('--ha: expected a URL') });
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

/** Returns modes and owners of all folders and files, by path. */
async function accessOf(of: string): Promise<Record<string, string>> {
  const paths = await readdir(of, { recursive: true });
  const all = await Promise.all(paths.map((path) => stat(join(of, path))));
  return Object.fromEntries(
    paths.map((path, index) => [path, `${(all[index]!.mode & 0o777).toString(8)} ${all[index]!.uid}`]),
  );
}

it('lets only the owner read them, also those of an earlier release', async () => {
  const into = await folder();
  const owner = process.getuid!();
  await run({}, 'secrets', '--into', into);
  await chmod(join(into, 'redis'), 0o755);
  await chmod(join(into, 'redis/password'), 0o444);
  await run({}, 'secrets', '--into', into);
  const access = await accessOf(into);
  expect(access).toMatchObject({ identity: `700 ${owner}`, 'identity/signing-key': `600 ${owner}` });
  const others = Object.values(access).filter((each) => ![`700 ${owner}`, `600 ${owner}`].includes(each));
  expect(others).toEqual([]);
});

it.runIf(process.getuid?.() === 0)('gives them to the users of containers', async () => {
  const into = await folder();
  const owners = ['--owner', '1000', '--owner', 'redis=999'];
  for (let times = 0; times < 2; times += 1) await run({}, 'secrets', '--into', into, ...owners);
  expect(await accessOf(into)).toMatchObject({
    hosts: '700 1000',
    'hosts/auth-jwks': '600 1000',
    redis: '700 999',
    'redis/redis.conf': '600 999',
  });
});

it('refuses an owner that is no id', async () => {
  const result = await run({}, 'secrets', '--into', await folder(), '--owner', 'redis');
  expect(result).toMatchObject({ code: 2, noted: expect.stringContaining('as 1000 or redis=999') });
});
