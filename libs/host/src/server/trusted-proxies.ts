import { BlockList, isIPv6 } from 'node:net';
import { networksOf } from '@tearline/settings';
import type { HostSettings } from '../settings/host-settings.js';

/** Returns fastify's option. A number trusts that many proxies at any address, for a host that only they can reach. */
export function toTrustProxy(setting: HostSettings['TRUST_PROXY']) {
  if (setting === 'off') return false;
  if (!/^\d$/.test(setting)) return networksOf(setting) ?? [];
  const proxies = Number(setting);
  return (_address: string, hop: number) => hop < proxies;
}

/** Returns whether a connection from an address is one of a trusted proxy, which stands for many clients. */
export function proxyCheck(setting: HostSettings['TRUST_PROXY']): (address: string) => boolean {
  const trusted = toTrustProxy(setting);
  if (!Array.isArray(trusted)) return () => trusted !== false;
  const list = new BlockList();
  for (const network of trusted) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), familyOf(address));
  }
  return (address) => list.check(address.replace(/%.*/, ''), familyOf(address));
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
