import type { Topology } from '@tearline/topology';

export const HTTP_PORT = 3000;
export const RPC_PORT = 7000;

/** The compose service of a host. Topologies share a project and its data; the name tells their containers apart. */
export const serviceOf = ({ name }: Topology, host: string) => `${name}-${host}`;

/** Services of a topology other than its hosts. */
export const nginxOf = ({ name }: Topology) => `${name}-nginx`;
export const prometheusOf = ({ name }: Topology) => `${name}-prometheus`;

/** What a host is called on the network for calls, and on no other: what it listens on is reached from there alone. */
export const rpcNameOf = (topology: Topology, host: string) => `${serviceOf(topology, host)}.rpc`;

/** A folder of secrets as a volume, and where it is read. */
export const secretsVolume = (audience: string) => `secrets-${audience}`;
export const secretsMount = (audience: string) => `${secretsVolume(audience)}:/run/secrets/${audience}:ro`;
export const secretFile = (audience: string, name: string) => `/run/secrets/${audience}/${name}`;

/** Whether one host is the whole application, which needs no other. */
export const isMonolith = ({ hosts }: Topology) => hosts.length === 1;
