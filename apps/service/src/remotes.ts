import { rpcAddressesVariable } from '@tearline/host';
import { SettingsError } from '@tearline/settings';
import type { ModuleManifest, RemoteHostOptions } from '@tearline/seam';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the contracts are answered that the modules of this process use and do not bring along, as
 * `<MODULE>_RPC_ADDRESSES=<host>:<port>,…` says. Contracts that are answered at the same addresses share their connections.
 * @throws SettingsError that names every variable that is missing or wrong
 */
export function remoteHosts(modules: readonly ModuleManifest[], env: Environment): RemoteHostOptions[] {
  const local = new Set(modules.map(({ name }) => name));
  const used = new Map(modules.flatMap(({ uses }) => uses.map((contract) => [contract.name, contract])));
  const remote = [...used.values()].filter(({ name }) => !local.has(name));
  const problems = remote.flatMap(({ name }) => problemWith(name, modules, env[rpcAddressesVariable(name)]));
  if (problems.length > 0) throw new SettingsError(problems);

  const byAddresses = Map.groupBy(remote, ({ name }) => env[rpcAddressesVariable(name)]!);
  return [...byAddresses].map(([addresses, contracts]) => ({ contracts, addresses: addressesIn(addresses) }));
}

const addressesIn = (text: string) => text.split(',').map((address) => address.trim());

function problemWith(name: string, modules: readonly ModuleManifest[], value: string | undefined): string[] {
  const expected = 'expected addresses of the module as <host>:<port>,…';
  if (!value) {
    const users = modules.filter(({ uses }) => uses.some((contract) => contract.name === name));
    const why = users.map((user) => `'${user.name}'`).join(', ');
    return [
      `${rpcAddressesVariable(name)}: ${expected}, but it is not set; ${why} ${users.length === 1 ? 'calls' : 'call'} '${name}', which runs elsewhere`,
    ];
  }
  const isFine = addressesIn(value).every((address) => /^(\[[\da-fA-F:]+\]|[\w.-]+):\d{1,5}$/.test(address));
  return isFine ? [] : [`${rpcAddressesVariable(name)}: ${expected}, got '${value}'`];
}
