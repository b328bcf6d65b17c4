import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { ContractError } from '../../call/errors.js';
import type { ResolvedAddress } from './endpoint.js';

interface HostAndPort {
  readonly name: string;
  readonly port: number;
}

/** @throws ContractError when it is not `host:port` */
export function parseAddress(address: string): HostAndPort {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(address) ?? [];
  if (port === undefined || Number(port) > 65_535)
    throw new ContractError(`address '${address}' is not host:port`);
  return { name: (bracketed ?? plain)!, port: Number(port) };
}

/** Resolves names to all their addresses. A name that cannot be resolved has none. */
export async function resolveAddresses(entries: readonly HostAndPort[]): Promise<ResolvedAddress[]> {
  const found = await Promise.all(
    entries.map(async ({ name, port }) => {
      if (isIP(name)) return [{ ip: name, port, name }];
      const addresses = await lookup(name, { all: true }).catch(() => []);
      return addresses.map(({ address }) => ({ ip: address, port, name }));
    }),
  );
  return found.flat();
}
