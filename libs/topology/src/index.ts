export { callsOf, isCalledRemotely, type ModuleCalls, remotesOf } from './calls.js';
export { alone, withReplicas } from './derived-topologies.js';
export { explain } from './explain.js';
export { mermaid } from './mermaid.js';
export { parseTopology, readTopology, type TopologyReference } from './file/read-topology.js';
export { vcl } from './varnish/vcl.js';
export type { VarnishOptions } from './varnish/varnish-options.js';
export { edgeCapacity, nginxConfig } from './nginx/nginx-config.js';
export { defaultLimits, type EdgeLimits, type NginxOptions } from './nginx/nginx-options.js';
export {
  type Balance,
  BALANCES,
  frontHost,
  hostServing,
  type Role,
  type Topology,
  TopologyError,
  type TopologyHost,
} from './topology.js';
