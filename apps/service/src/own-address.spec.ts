import { SettingsError } from '@tearline/settings';
import { describe, expect, it } from 'vitest';
import { ownAddress } from './own-address.js';

describe('the own address', () => {
  it.each(['127.0.0.1', '0.0.0.0'])('is the one given: %s', async (address) => {
    expect(await ownAddress(address)).toBe(address);
  });

  it('resolves a name', async () => {
    expect(['127.0.0.1', '::1']).toContain(await ownAddress('localhost'));
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['unknown.invalid', 'nothing'],
  ])('refuses an address of another machine: %s', async (name, is) => {
    await expect(ownAddress(name)).rejects.toThrow(SettingsError);
    await expect(ownAddress(name)).rejects.toThrow(`expected an address of this machine, got ${is}`);
  });
});
