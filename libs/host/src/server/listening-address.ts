import type { HostSettings } from '../settings/host-settings.js';

/** In production others must reach the process; elsewhere nobody but this machine shall. */
export function listeningAddress({ HOST, NODE_ENV }: HostSettings): string {
  return HOST ?? (NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1');
}
