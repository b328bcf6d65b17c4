import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { developmentKeys, jwksSetting, signingKeySetting } from './index.js';

describe('development keys', () => {
  let parent: string;
  let dir: string;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'keys-'));
    dir = join(parent, 'made-when-missing');
  });
  afterEach(() => rm(parent, { recursive: true }));

  it('are a valid pair', async () => {
    const { signingKey, jwks } = await developmentKeys(dir);
    const { d, ...publicKey } = signingKeySetting.parse(signingKey);
    expect(d).toHaveLength(43);
    expect(jwksSetting.parse(jwks)).toEqual({ keys: [publicKey] });
  });

  it('stay the same', async () => {
    expect(await developmentKeys(dir)).toEqual(await developmentKeys(dir));
  });

  it('are readable by the owner only, and leave no other file', async () => {
    await developmentKeys(dir);
    expect((await stat(join(dir, 'keys.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['keys.json']);
  });

  it('are the same for concurrent callers', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => developmentKeys(dir)));
    expect(new Set(all.map(({ signingKey }) => signingKey)).size).toBe(1);
    expect(await readdir(dir)).toEqual(['keys.json']);
  });

  it('do not replace an invalid file', async () => {
    await writeFile(join(parent, 'keys.json'), '{"kty":"oct"}');
    await expect(developmentKeys(parent)).rejects.toThrow(
      `${join(parent, 'keys.json')}: expected a signing key`,
    );
  });
});
