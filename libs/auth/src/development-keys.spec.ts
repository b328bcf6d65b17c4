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

  it('are a pair, as the settings want it', async () => {
    const { signingKey, jwks } = await developmentKeys(dir);
    const { d, ...publicKey } = signingKeySetting.parse(signingKey);
    expect(d).toHaveLength(43);
    expect(jwksSetting.parse(jwks)).toEqual({ keys: [publicKey] });
  });

  it('are kept', async () => {
    expect(await developmentKeys(dir)).toEqual(await developmentKeys(dir));
  });

  it('are for their owner alone, and nothing else is left', async () => {
    await developmentKeys(dir);
    expect((await stat(join(dir, 'keys.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['keys.json']);
  });

  it('are the same for everybody who asks at once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => developmentKeys(dir)));
    expect(new Set(all.map(({ signingKey }) => signingKey)).size).toBe(1);
    expect(await readdir(dir)).toEqual(['keys.json']);
  });

  it('are never made up in place of a file that is there', async () => {
    await writeFile(join(parent, 'keys.json'), '{"kty":"oct"}');
    await expect(developmentKeys(parent)).rejects.toThrow(
      `${join(parent, 'keys.json')} holds no signing key`,
    );
  });
});
