import { rpcAddressesSettings, rpcAddressesVariable } from '@tearline/host';
import type { ModuleManifest, RemoteHostOptions } from '@tearline/seam';
import { type Environment, readSettings } from '@tearline/settings';

/**
 * Returns the hosts of the contracts that the modules of this process use and that other processes answer, with their
 * addresses from `<MODULE>_RPC_ADDRESSES`. Contracts with the same addresses share their connections.
 * @throws SettingsError that names every missing or invalid variable
 */
export function remoteHosts(modules: readonly ModuleManifest[], env: Environment): RemoteHostOptions[] {
  const local = new Set(modules.map(({ name }) => name));
  const used = new Map(modules.flatMap(({ uses }) => uses.map((contract) => [contract.name, contract])));
  const remote = [...used.values()].filter(({ name }) => !local.has(name));
  const settings = readSettings(rpcAddressesSettings(remote.map(({ name }) => name)), env);
  const addressesOf = (name: string) => settings[rpcAddressesVariable(name)]!;
  const groups = Map.groupBy(remote, ({ name }) => addressesOf(name).join());
  return [...groups.values()].map((contracts) => ({ contracts, addresses: addressesOf(contracts[0]!.name) }));
}
