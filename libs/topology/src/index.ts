export { isCalledRemotely, remotesOf } from './calls.js';
export { alone, withReplicas } from './derived-topologies.js';
export { explain } from './explain.js';
export { parseTopology, readTopology, type TopologyReference } from './file/read-topology.js';
export { nginxConfig } from './nginx/nginx-config.js';
export { type NginxOptions } from './nginx/nginx-options.js';
export {
  frontHost,
  hostServing,
  type Role,
  type Topology,
  TopologyError,
  type TopologyHost,
} from './topology.js';
