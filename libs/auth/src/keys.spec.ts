import { describe, expect, it } from 'vitest';
import { generateSigningKey, jwksSetting, publicKeysOf, signingKeySetting } from './index.js';

const key = await generateSigningKey();
const [publicKey] = publicKeysOf(key).keys;
const issueOf = (keys: unknown) => jwksSetting.safeParse(JSON.stringify({ keys })).error?.message;

describe('a set of public keys', () => {
  it('may have two keys', async () => {
    const both = publicKeysOf(key, await generateSigningKey());
    expect(jwksSetting.parse(JSON.stringify(both))).toEqual(both);
  });

  it('must not contain a private key', () => {
    expect(issueOf([key])).toContain('expected a public key, got a private one');
  });

  it('must not be empty, nor have two keys with one kid', () => {
    expect(issueOf([])).toContain('>=1');
    expect(issueOf([publicKey, publicKey])).toContain('must have a different kid for each key');
  });

  it('has Ed25519 keys with a kid', () => {
    expect(issueOf([{ ...publicKey, crv: 'X25519' }])).toContain('Ed25519');
    expect(issueOf([{ ...publicKey, kid: undefined }])).toContain('kid');
    expect(issueOf([{ ...publicKey, x: 'short' }])).toContain('must be 32 bytes in base64url');
  });
});

it('a setting that is not JSON is rejected without quoting it', () => {
  const { message } = signingKeySetting.safeParse('{"d":"secret').error!;
  expect(message).toContain('expected JSON');
  expect(message).not.toContain('secret');
});
