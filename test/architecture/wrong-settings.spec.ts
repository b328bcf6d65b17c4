import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { checkEnvironment, settingsReference } from '@tearline/composition';
import { manifests } from '@tearline/modules';
import { type Setting, SettingsError } from '@tearline/settings';
import { describe, expect, it } from 'vitest';
import { root } from './tree.js';

const PASSWORD = 'hunter2';
/** Mistakes that people make, of all kinds. Each setting takes some of them for right: a name, a path. */
const MISTAKES = [
  [' /x', '/x ', '\tx', 'x\n', '\u00A0x', 'x\r\n', '\u2003x', ' 5', ' a@b.example'],
  ['"x"', "'x'", '`x`', '"/x', "x'", '"5"', '“x”'],
  ['a\u0001b', '\u0007', 'a\u001Bb', 'a\u007Fb', 'a\u0085b', 'a\nb'],
  ['~', '~/x', '$HOME', '$HOME/x', '${X}', '%TEMP%', '%TEMP%\\x', '$(x)'],
  [`mysql://u:${PASSWORD}@h/db`, `postgres://u:${PASSWORD}#x@h/db`, `postgres://u:${PASSWORD}%@h/db`],
  [`redis://:${PASSWORD}@h/notanumber`, `smtp://u:${PASSWORD}@x@h`, `https://u:${PASSWORD}@h/b`],
  [
    'http://',
    'postgres:///',
    'redis://h:99999',
    'smtp://h:x',
    'host:5432/db',
    'host:0',
    'javascript:alert(1)',
  ],
  ['-1', '1.5', '1e3', '0x10', 'NaN', 'Infinity', '99999999999999', '٣', '1_000', '5 5'],
  [
    'ON',
    'true',
    'maybe',
    'undefined',
    '{}',
    '[]',
    '{"keys":[]}',
    'ключ',
    'a b',
    'x\u200By',
    '😀',
    'a,,b',
    ',',
  ],
].flat();
const MIN_MISTAKES = 20;

const settings = Object.values(settingsReference(manifests))
  .flat()
  .map(({ name, secret }): Pick<Setting, 'name' | 'secret'> => ({
    name: name.replace('<MODULE>', 'ARTICLES'),
    secret,
  }));

/** The problems of an environment with one setting. */
function problemsOf(name: string, value: string): readonly string[] {
  try {
    checkEnvironment(manifests, { [name]: value });
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

const refusedBy = (name: string) => MISTAKES.filter((value) => problemsOf(name, value).length > 0);

describe('a wrong value', () => {
  it.each(settings)('of $name is refused with its name and without a password', ({ name, secret }) => {
    const refused = refusedBy(name);
    expect(refused.length).toBeGreaterThanOrEqual(MIN_MISTAKES);
    for (const value of refused)
      for (const problem of problemsOf(name, value)) {
        expect(problem).toMatch(new RegExp(String.raw`^${name}: (expected|.+: )\P{Cc}+$`, 'u'));
        expect(problem).not.toContain(PASSWORD);
        expect(secret && value.length > 6 && problem.includes(value)).toBeFalsy();
      }
  });

  it('would be reported if a setting accepted anything', () => {
    expect(refusedBy('NO_SUCH_SETTING')).toEqual([]);
  });
});

describe('a program with every setting wrong', () => {
  /** Long enough to say its password. */
  const wrong = Object.fromEntries(
    settings.map(({ name }) => {
      const refused = refusedBy(name);
      return [name, refused.find((value) => value.includes(PASSWORD)) ?? refused.at(-1)!];
    }),
  );
  const everything = settings.map(({ name }) => name);

  it.each([
    ['the monolith', ['apps/monolith/src/main.js'], everything],
    ['a host of a split', ['apps/service/src/main.js'], everything],
    ['a host of the bundle', ['hosts/service.js'], everything],
    ['the topology runner', ['apps/topology/src/main.js', 'monolith'], everything],
    ['compose', ['apps/compose/src/main.js', 'monolith', 'up'], everything],
    ['migrate', ['apps/cli/src/main.js', 'migrate'], ['DATABASE_URL', 'ARTICLES_DATABASE_URL']],
  ])('%s names them, starts nothing and exits with 2', async (_, [entry, ...args], names) => {
    const started = spawn(process.execPath, [join(root, 'dist', entry!), ...args], {
      cwd: root,
      env: { PATH: process.env['PATH'], ...wrong },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = new Promise((resolve) => started.once('close', resolve));
    const output = await text(started.stderr);
    expect(await ended).toBe(2);
    expect(names.filter((name) => !output.includes(`\n  ${name}: `))).toEqual([]);
    expect(output).not.toMatch(/^\s+at |node:internal/m);
    expect(output).not.toContain(PASSWORD);
    expect(output).not.toContain('PostgreSQL is ready');
  });
});
