import { describe, expect, it } from 'vitest';
import { generateSigningKey, jwksSetting, publicKeysOf, signingKeySetting } from './index.js';

const key = await generateSigningKey();
const [publicKey] = publicKeysOf(key).keys;
const refusalOf = (keys: unknown) => jwksSetting.safeParse(JSON.stringify({ keys })).error?.message;

describe('a set of public keys', () => {
  it('may have two keys', async () => {
    const both = publicKeysOf(key, await generateSigningKey());
    expect(jwksSetting.parse(JSON.stringify(both))).toEqual(both);
  });

  it('may not hold a private key', () => {
    expect(refusalOf([key])).toContain('a private key has no place among the public ones');
  });

  it('may not be empty, nor name two keys alike', () => {
    expect(refusalOf([])).toContain('>=1');
    expect(refusalOf([publicKey, publicKey])).toContain('each key needs a kid of its own');
  });

  it('is of Ed25519 keys with a name', () => {
    expect(refusalOf([{ ...publicKey, crv: 'X25519' }])).toContain('Ed25519');
    expect(refusalOf([{ ...publicKey, kid: undefined }])).toContain('kid');
    expect(refusalOf([{ ...publicKey, x: 'short' }])).toContain('must be 32 bytes in base64url');
  });
});

it('a setting that is not JSON is refused without being quoted', () => {
  const { message } = signingKeySetting.safeParse('{"d":"secret').error!;
  expect(message).toContain('must be JSON');
  expect(message).not.toContain('secret');
});
