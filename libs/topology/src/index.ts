export { callsOf, isCalledRemotely, remotesOf, type ModuleCalls } from './calls.js';
export { alone, withReplicas } from './derived-topologies.js';
export { didYouMean } from './did-you-mean.js';
export { explain } from './explain.js';
export {
  parseTopology,
  readTopology,
  type ReadTopologyOptions,
  type TopologyReference,
} from './file/read-topology.js';
export { nginxConfig } from './nginx/nginx-config.js';
export { type NginxOptions } from './nginx/nginx-options.js';
export { routingTable, type RoutingEntry } from './routing-table.js';
export { frontHost, hostServing, type Role, type Topology, type TopologyHost } from './topology.js';
export { TopologyError } from './topology-error.js';
