import type { Topology } from '@tearline/topology';

export const HTTP_PORT = 3000;
export const RPC_PORT = 7000;

/** Returns the compose service of a host. The name contains the topology's, because topologies share a project. */
export const serviceOf = ({ name }: Topology, host: string) => `${name}-${host}`;

/** Services of a topology other than its hosts. */
export const nginxOf = ({ name }: Topology) => `${name}-nginx`;
export const prometheusOf = ({ name }: Topology) => `${name}-prometheus`;

/** Returns the name of a host on the network for calls. No other network resolves it, so that RPC is reachable there alone. */
export const rpcNameOf = (topology: Topology, host: string) => `${serviceOf(topology, host)}.rpc`;

/** Returns the volume of a folder of secrets and its mount point. */
export const secretsVolume = (audience: string) => `secrets-${audience}`;
export const secretsMount = (audience: string) => `${secretsVolume(audience)}:/run/secrets/${audience}:ro`;
export const secretFile = (audience: string, name: string) => `/run/secrets/${audience}/${name}`;

/** Returns whether the host runs all modules, and so calls no other host. */
export const isMonolith = ({ hosts }: Topology) => hosts.length === 1;
