import { describe, expect, it } from 'vitest';
import { shop, topologyOf } from '../sample-manifests.fixture.js';
import { nginxConfig } from './nginx-config.js';
import { defaultLimits } from './nginx-options.js';

const topology = topologyOf({ app: '{ modules: [users, items, reviews, follows] }' });
const limits = {
  ...defaultLimits,
  bodyLimit: 5_000_000,
  requestTimeout: 30_000,
  shutdownTimeout: 60_000,
  connectionsPerAddress: 7,
  modules: {
    users: { timeout: 120_000 },
    follows: { streams: { routes: ['/api/follows/stream'], max: 100 } },
  },
};
const addresses = { app: ['127.0.0.1:4001'] };
const config = nginxConfig({
  topology,
  manifests: shop,
  addresses,
  listen: '80',
  limits,
  openFiles: 20_000,
  cores: 3,
});
const lines = config.split('\n').map((line) => line.trim());

describe('the configuration of nginx has the limits of the guide', () => {
  it.each([
    'client_header_timeout 10s;',
    'client_body_timeout 15s;',
    'send_timeout 30s;',
    'client_max_body_size 5000000;',
    'proxy_read_timeout 32s;',
    'worker_shutdown_timeout 65s;',
    'limit_conn addresses 7;',
    'reset_timedout_connection on;',
    // 1.2 × (2 × 100 + 65,535 + 8,192) connections, with 20,000 files for each process.
    'worker_processes 5;',
    'worker_connections 17743;',
    'worker_rlimit_nofile 17871;',
    'limit_conn streams 22178;',
  ])('%s', (line) => {
    expect(lines).toContain(line);
  });

  it('and a longer timeout on the routes of a module that takes longer', () => {
    const own = lines.filter((line) => line.includes('proxy_read_timeout 122s;'));
    expect(own).toHaveLength(2);
  });

  it('and a timeout of streams, which send a heartbeat every five seconds', () => {
    const stream = config.slice(config.indexOf('/api/follows/stream'));
    expect(stream.slice(0, stream.indexOf('}'))).toContain('proxy_read_timeout 30s;');
  });
});
