import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { SettingsError } from '@tearline/settings';

/**
 * The address of this machine that a name stands for. Where replicas share a name, each finds its own; and where a
 * machine is on several networks, a name that only one of them knows says which.
 * @throws SettingsError when the name does not resolve, or resolves only to addresses of other machines
 */
export async function ownAddress(name: string): Promise<string> {
  const found = await lookup(name, { all: true }).catch(() => []);
  const own = Object.values(networkInterfaces()).flatMap((each = []) => each.map(({ address }) => address));
  const mine = found.find(
    ({ address }) => own.includes(address) || address === '0.0.0.0' || address === '::',
  );
  if (mine) return mine.address;
  const addresses = found.map(({ address }) => address).join(', ') || 'nothing';
  throw new SettingsError([`RPC_HOST: expected an address of this machine, got ${addresses}`]);
}
