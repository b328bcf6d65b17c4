import { join } from 'node:path';
import { freePorts } from '../ports.js';
import { type ClusterContext, ClusterProcess } from './cluster-process.js';
import { requestApi } from './patroni-api.js';

/** Returns an etcd of one server. @param listen `host:port` */
export async function etcdProcess(listen: string, context: ClusterContext): Promise<ClusterProcess> {
  const url = `http://${listen}`;
  const [port] = await freePorts(1);
  // Of other servers, which there are none of.
  const peers = `http://127.0.0.1:${port}`;
  const flags = {
    name: 'etcd',
    'data-dir': join(context.dir, 'etcd', 'data'),
    'listen-client-urls': url,
    'advertise-client-urls': url,
    'listen-peer-urls': peers,
    'initial-advertise-peer-urls': peers,
    'initial-cluster': `etcd=${peers}`,
    'auto-compaction-retention': '1h',
    'log-level': 'error',
  };
  const args = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
  const isReady = () =>
    requestApi(listen, '/health').then(
      (text) => text.includes('"health":"true"'),
      () => false,
    );
  return new ClusterProcess('etcd', [context.programs.etcd, ...args], isReady, context);
}
