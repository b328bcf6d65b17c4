import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { readSettings, SettingsError } from '@tearline/settings';
import { hostSettings } from '../index.js';

function problems(env: Record<string, string>, shape: z.ZodRawShape = hostSettings): readonly string[] {
  try {
    readSettings(shape, env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

describe('host settings', () => {
  it('have defaults', () => {
    expect(readSettings(hostSettings, { PORT: '', HOME: '/root' })).toMatchObject({
      PORT: 3000,
      NODE_ENV: 'development',
    });
  });

  it('are typed', () => {
    const { PORT, REQUEST_TIMEOUT_MS } = readSettings(hostSettings, { PORT: '0', REQUEST_TIMEOUT_MS: '250' });
    expect([PORT, REQUEST_TIMEOUT_MS]).toEqual([0, 250]);
  });

  it('name every invalid variable, with the expected and the actual value', () => {
    expect(problems({ PORT: '70000', LOG_LEVEL: 'loud', SEAM_CHECKED: 'yes' })).toEqual([
      "PORT: expected a number from 0 to 65535, got '70000'",
      "LOG_LEVEL: expected one of trace, debug, info, warn, error, fatal, silent, got 'loud'",
      "SEAM_CHECKED: expected one of on, off, got 'yes'",
    ]);
  });

  it.each(['-1', '1.5', 'abc', '0x10', '1e3'])('reject PORT=%s', (PORT) => {
    expect(problems({ PORT })).toHaveLength(1);
  });

  it.each(['off', '1', 'loopback', '10.0.0.0/8, 127.0.0.1', 'fd00::/8,uniquelocal'])(
    'accept TRUST_PROXY=%s',
    (TRUST_PROXY) => {
      expect(problems({ TRUST_PROXY })).toEqual([]);
    },
  );

  it.each(['on', '0', '10.0.0.0/33', 'example.com', '10.0.0.1,', 'fd00::/129'])(
    'reject TRUST_PROXY=%s',
    (TRUST_PROXY) => {
      expect(problems({ TRUST_PROXY })).toHaveLength(1);
    },
  );

  it.each([
    ['*', 0],
    ['https://a.example, http://localhost:5173', 0],
    ['https://a.example/', 1],
    ['a.example', 1],
  ])('validate CORS_ORIGINS=%s', (CORS_ORIGINS, count) => {
    expect(problems({ CORS_ORIGINS })).toHaveLength(count);
  });

  it('name a missing variable', () => {
    const shape = { DATABASE_URL: z.url({ error: 'expected the URL of a PostgreSQL database' }) };
    expect(problems({}, shape)).toEqual([
      'DATABASE_URL: expected the URL of a PostgreSQL database, but it is not set',
    ]);
  });

  it('reveal no secret', () => {
    const shape = { PASSWORD: z.string().max(3, { error: 'expected 3 characters' }).meta({ secret: true }) };
    expect(problems({ PASSWORD: 'hunter2' }, shape)).toEqual(['PASSWORD: expected 3 characters']);
  });

  it('may be in files, without their final line break', () => {
    const folder = mkdtempSync(join(tmpdir(), 'settings-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'secret');
    writeFileSync(file, 'a secret \n');
    const shape = { RPC_SECRET: z.string({ error: 'expected a secret' }) };
    expect(readSettings(shape, { RPC_SECRET_FILE: file })).toEqual({ RPC_SECRET: 'a secret ' });
    expect(readSettings(shape, { RPC_SECRET_FILE: file, RPC_SECRET: 'another' })).toEqual({
      RPC_SECRET: 'another',
    });
    writeFileSync(file, '\n');
    expect(problems({ RPC_SECRET_FILE: file }, shape)).toEqual([
      'RPC_SECRET: expected a secret, but it is not set',
    ]);
    rmSync(file);
    expect(problems({ RPC_SECRET_FILE: file }, shape)).toEqual([
      `RPC_SECRET_FILE: ${file} cannot be read (ENOENT)`,
    ]);
  });

  it('list the problems in the message', () => {
    expect(() => readSettings(hostSettings, { PORT: 'x', SEAM_CHECKED: 'x' })).toThrow(
      /PORT: .*\n.*SEAM_CHECKED: /,
    );
  });
});
