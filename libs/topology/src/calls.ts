import type { ModuleManifest } from '@tearline/seam';
import { hostServing, type Topology, type TopologyHost } from './topology.js';

/** That one module may call another, from one of the hosts that it runs on. */
export interface ModuleCalls {
  readonly from: { readonly module: string; readonly host: string };
  readonly to: { readonly module: string; readonly host: string };
  /** Whether the calls leave the process. */
  readonly remote: boolean;
}

/** Every module's calls to every other, and where they go. A module that shares the process is always called there. */
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
            remote: target !== host,
          };
        }),
      ),
  );
}

/** The modules of other hosts that a host calls, and the hosts where they answer. */
export function remotesOf(
  topology: Topology,
  manifests: readonly ModuleManifest[],
  host: TopologyHost,
): Record<string, string> {
  const calls = callsOf(topology, manifests).filter(({ from, remote }) => remote && from.host === host.name);
  return Object.fromEntries(calls.map(({ to }) => [to.module, to.host]));
}

/** Whether another host calls a module on this one. */
export function answersCalls(
  topology: Topology,
  manifests: readonly ModuleManifest[],
  host: TopologyHost,
): boolean {
  return callsOf(topology, manifests).some(({ to, remote }) => remote && to.host === host.name);
}
