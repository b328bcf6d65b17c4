import { isIP, isIPv6 } from 'node:net';

const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/**
 * Returns the networks of a list, `10.0.0.0/8, 203.0.113.7, loopback`, each as `<address>/<bits>`; undefined for a list with
 * anything else, and for a network of all addresses.
 */
export function networksOf(list: string): string[] | undefined {
  const networks = list.split(',').map((item) => NAMED[item.trim()] ?? cidrOf(item.trim()));
  return networks.includes(undefined) ? undefined : (networks as string[][]).flat();
}

function cidrOf(text: string): string[] | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  const max = family === 4 ? 32 : 128;
  if (family === 0 || rest.length > 0) return undefined;
  if (bits !== undefined && !(/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= max)) return undefined;
  return [`${address}/${bits ?? max}`];
}

/** Returns the key of a client for rate limits: its IPv4 address, or its /64 network of IPv6. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter(Boolean);
  const rest = tail?.split(':').filter(Boolean) ?? [];
  const zeros = Array.from({ length: 8 - groups.length - rest.length }, () => '0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}
