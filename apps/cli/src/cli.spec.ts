import { jwksSetting, signingKeySetting } from '@tearline/auth';
import { databaseUrlVariable } from '@tearline/database';
import { moduleNames } from '@tearline/modules';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { run } from './captured-output.fixture.js';

const WRONG_USAGE = 2;

describe('every command', () => {
  it.each(['migrate', 'seed', 'reset', 'keys', 'secrets'])('prints its help: %s --help', async (command) => {
    const { code, printed } = await run({}, command, '--help');
    expect({ code, printed }).toEqual({
      code: 0,
      printed: expect.stringContaining(`Usage: npm run ${command} --`),
    });
    expect((await run({}, '--help')).printed).toContain(`  ${command} `);
  });

  it.each([
    [[], 'Usage: npm run <command>'],
    [['sed'], "unknown command 'sed'\n(Did you mean seed?)"],
    [['seed', '--user', '3'], "unknown option '--user'\n(Did you mean --users?)"],
    [['seed', '--user', '3'], 'npm run seed -- --help lists the options'],
    [['seed', '--users'], "option '--users <number>' argument missing"],
    [['migrate', 'now'], "too many arguments for 'migrate'"],
    [['secrets'], "required option '--into <folder>' not specified"],
  ])('reports a usage error: %j', async (args, message) => {
    const { code, noted, printed } = await run({}, ...args);
    expect({ code, noted, printed }).toEqual({
      code: WRONG_USAGE,
      noted: expect.stringContaining(message),
      printed: '',
    });
  });
});

describe('seed', () => {
  it.each([
    ['--users 1e3', "argument '1e3' is invalid. Expected a whole number from 0 to 999999999."],
    ['--users=-1', "argument '-1' is invalid. Expected a whole number"],
    ['--users 0 --articles 5', '--articles 5: none are possible, since articles need authors'],
    ['--articles 0 --comments 5', '--comments 5: none are possible'],
    ['--users 5 --articles 5 --favorites 26', '--favorites 26: at most 25'],
    ['--users 5 --follows 21', '--follows 21: at most 20'],
    ['--users 1 --follows 1', '--follows 1: none are possible'],
    ['--origin example.com', '--origin example.com: expected an address such as https://example.com'],
  ])('refuses %s', async (options, message) => {
    const { code, noted } = await run({ DATABASE_URL: 'postgres://nowhere' }, 'seed', ...options.split(' '));
    expect({ code, noted }).toEqual({ code: WRONG_USAGE, noted: expect.stringContaining(message) });
  });

  it('refuses NODE_ENV=production', async () => {
    const { code, noted } = await run({ NODE_ENV: 'production', DATABASE_URL: 'postgres://nowhere' }, 'seed');
    expect({ code, noted }).toEqual({ code: WRONG_USAGE, noted: expect.stringContaining('NODE_ENV') });
  });
});

it('data names both servers that do not answer', async () => {
  const nowhere = (name: string) => `postgres://o:p@127.0.0.1:1/${name}`;
  const { code, noted } = await run(
    { DATABASE_URL: nowhere('one'), TARGET_DATABASE_URL: nowhere('other') },
    'data',
    'move',
    'articles',
    '--dry-run',
  );
  expect(code).not.toBe(0);
  expect(noted).toMatch(/DATABASE_URL: .*\n.*TARGET_DATABASE_URL: /);
});

describe('migrate in production', () => {
  const production = { NODE_ENV: 'production' };

  it('names the missing URLs', async () => {
    expect(await run(production, 'migrate')).toMatchObject({
      code: WRONG_USAGE,
      noted: expect.stringContaining('DATABASE_URL: expected the URL of the role that owns the database'),
    });
    const some = { DATABASE_URL: 'postgres://o:p@127.0.0.1:1/x', SOCIAL_DATABASE_URL: 'postgres://s:p@h/x' };
    const missing = moduleNames.filter((name) => name !== 'social').map(databaseUrlVariable);
    const reportedFor = async (more: Record<string, string>) => {
      const { code, noted } = await run({ ...production, ...some, ...more }, 'migrate');
      expect(code).toBe(WRONG_USAGE);
      return noted.match(/\w+(?=: expected a URL with a role of its own)/g);
    };
    expect(await reportedFor({})).toEqual([...missing, 'QUEUES_DATABASE_URL']);
    expect(await reportedFor({ REDIS_URL: 'redis://r' })).toEqual(missing);
  });
});

describe('reset', () => {
  it('refuses while DATABASE_URL is set', async () => {
    expect(await run({ DATABASE_URL: 'postgres://nowhere' }, 'reset')).toMatchObject({
      code: WRONG_USAGE,
      noted: expect.stringMatching(/^DATABASE_URL is set/),
    });
  });

  it('removes the media files, and keeps the keys', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cli-'));
    onTestFinished(() => rm(dir, { recursive: true }));
    await mkdir(join(dir, 'media/ab'), { recursive: true });
    await writeFile(join(dir, 'keys.json'), '{}');
    expect(await run({ TEARLINE_DIR: dir }, 'reset')).toMatchObject({
      code: 0,
      printed: `Removed ${join(dir, 'media')} with all data.\n`,
    });
    expect(await readdir(dir)).toEqual(['keys.json', 'postgres.lock']);
  });

  it('reports that there is nothing to remove', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'cli-'));
    onTestFinished(() => rm(dir, { recursive: true }));
    expect(await run({ TEARLINE_DIR: dir }, 'reset')).toMatchObject({
      code: 0,
      printed: expect.stringContaining('Nothing to remove'),
    });
  });
});

describe('keys', () => {
  const settings = async (env: Record<string, string>, ...options: string[]) => {
    const { printed } = await run(env, 'keys', ...options);
    const [, key, jwks] = /^IDENTITY_SIGNING_KEY='(.+)'\nAUTH_JWKS='(.+)'\n$/.exec(printed)!;
    return { key: signingKeySetting.parse(key), jwks: jwksSetting.parse(jwks), text: jwks! };
  };

  it('creates a new pair of settings each time', async () => {
    const { key, jwks } = await settings({});
    const { d: secret, ...half } = key;
    expect(jwks.keys).toEqual([half]);
    expect((await settings({})).key.d).not.toBe(secret);
  });

  it('keeps the newest old key when it rotates', async () => {
    const first = await settings({});
    const second = await settings({ AUTH_JWKS: first.text }, '--rotate');
    const third = await settings({ AUTH_JWKS: second.text }, '--rotate');
    const kids = ({ jwks }: typeof first) => jwks.keys.map(({ kid }) => kid);
    expect(kids(second)).toEqual([second.key.kid, first.key.kid]);
    expect(kids(third)).toEqual([third.key.kid, second.key.kid]);
  });

  it.each([
    [{}, 'AUTH_JWKS: expected JSON, but it is not set'],
    [{ AUTH_JWKS: '{' }, 'AUTH_JWKS: expected JSON'],
  ])('does not rotate %j', async (env, message) => {
    expect(await run(env, 'keys', '--rotate')).toMatchObject({
      code: WRONG_USAGE,
      noted: expect.stringContaining(message),
    });
  });
});
