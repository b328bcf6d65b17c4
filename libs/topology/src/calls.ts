import type { ModuleManifest } from '@tearline/seam';
import { hostServing, type Topology, type TopologyHost } from './topology.js';

/** The calls of one module, on one of its hosts, to another module. */
export interface ModuleCalls {
  readonly from: { readonly module: string; readonly host: string };
  readonly to: { readonly module: string; readonly host: string };
  /** The methods of the called module's contract. */
  readonly methods: readonly string[];
  /** Whether they leave the process. */
  readonly remote: boolean;
}

/** Returns the calls between modules. A call stays in the process when the called module is there. */
export function callsOf(topology: Topology, manifests: readonly ModuleManifest[]): ModuleCalls[] {
  return topology.hosts.flatMap((host) =>
    manifests
      .filter(({ name }) => host.modules.includes(name))
      .flatMap(({ name, uses }) =>
        uses.map((contract) => {
          const target = host.modules.includes(contract.name)
            ? host
            : hostServing(topology, contract.name, 'rpc');
          return {
            from: { module: name, host: host.name },
            to: { module: contract.name, host: target.name },
            methods: Object.keys(contract.methods),
            remote: target !== host,
          };
        }),
      ),
  );
}

/** Returns, for each module on another host that a host calls, the name of that host. */
export function remotesOf(
  topology: Topology,
  manifests: readonly ModuleManifest[],
  host: TopologyHost,
): Record<string, string> {
  const calls = callsOf(topology, manifests).filter(({ from, remote }) => remote && from.host === host.name);
  return Object.fromEntries(calls.map(({ to }) => [to.module, to.host]));
}

/** Returns whether other hosts call modules on this one. */
export function isCalledRemotely(
  topology: Topology,
  manifests: readonly ModuleManifest[],
  host: TopologyHost,
): boolean {
  return callsOf(topology, manifests).some(({ to, remote }) => remote && to.host === host.name);
}
