import type { Topology } from '@tearline/topology';

export const HTTP_PORT = 3000;
export const RPC_PORT = 7000;
const PURGE_PORT = 6081;

/** Returns the compose service of a host. The name contains the topology's, because topologies share a project. */
export const serviceOf = ({ name }: Topology, host: string) => `${name}-${host}`;

/** Services of a topology other than its hosts. */
export const nginxOf = ({ name }: Topology) => `${name}-nginx`;
export const prometheusOf = ({ name }: Topology) => `${name}-prometheus`;
export const alertmanagerOf = ({ name }: Topology) => `${name}-alertmanager`;
export const grafanaOf = ({ name }: Topology) => `${name}-grafana`;
export const varnishOf = ({ name }: Topology) => `${name}-varnish`;

/** Returns the name of a host on the network for calls. No other network resolves it, so that RPC is reachable there alone. */
export const rpcNameOf = (topology: Topology, host: string) => `${serviceOf(topology, host)}.rpc`;

/** Returns the edge cache's name on the network for purges, and where it takes them. */
export const purgeNameOf = (topology: Topology) => `${varnishOf(topology)}.purge`;
export const purgeUrlOf = (topology: Topology) => `http://${purgeNameOf(topology)}:${PURGE_PORT}`;

/** Returns where Grafana reaches Prometheus. */
export const prometheusUrlOf = (topology: Topology) => `http://${prometheusOf(topology)}:9090`;

/** Returns the volume of a folder of secrets and its mount point. */
export const secretsVolume = (audience: string) => `secrets-${audience}`;
export const secretsMount = (audience: string) => `${secretsVolume(audience)}:/run/secrets/${audience}:ro`;
export const secretFile = (audience: string, name: string) => `/run/secrets/${audience}/${name}`;

/** Returns whether the host runs all modules, and so calls no other host. */
export const isMonolith = ({ hosts }: Topology) => hosts.length === 1;
