import { manifests } from '@tearline/modules';
import { freePorts } from '@tearline/process';
import { isCalledRemotely, type Topology, type TopologyHost } from '@tearline/topology';

/** One process of a host: where it listens. */
export interface Replica {
  readonly host: TopologyHost;
  /** From 1. */
  readonly number: number;
  readonly httpPort: number;
  /** Where it answers other hosts; undefined when none calls it. */
  readonly rpcPort: number | undefined;
}

export const nameOf = ({ host, number }: Replica) => `${host.name}.${number}`;

/** All processes of a topology, on free ports. */
export async function replicasOf(topology: Topology): Promise<Replica[]> {
  const replicas = topology.hosts.flatMap((host) =>
    Array.from({ length: host.replicas }, (_, index) => ({
      host,
      number: index + 1,
      isCalled: isCalledRemotely(topology, manifests, host),
    })),
  );
  const ports = await freePorts(2 * replicas.length);
  return replicas.map(({ host, number, isCalled }) => {
    const httpPort = ports.pop()!;
    const rpcPort = ports.pop();
    return { host, number, httpPort, rpcPort: isCalled ? rpcPort : undefined };
  });
}

/** The addresses of the replicas of one host, for HTTP or for calls. */
export function addressesOf(replicas: readonly Replica[], host: string, kind: 'http' | 'rpc'): string[] {
  return replicas
    .filter((replica) => replica.host.name === host)
    .flatMap(({ httpPort, rpcPort }) => (kind === 'http' ? httpPort : (rpcPort ?? [])))
    .map((port) => `127.0.0.1:${port}`);
}
