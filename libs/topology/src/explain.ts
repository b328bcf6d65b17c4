import type { ModuleManifest } from '@tearline/seam';
import { callsOf, isCalledRemotely, type ModuleCalls } from './calls.js';
import { mermaid } from './mermaid.js';
import { routingTable } from './routing-table.js';
import { type Balance, frontHost, hostServing, type Topology, type TopologyHost } from './topology.js';

/** Returns a description of a topology: its hosts, routes, calls, events and jobs, and a picture. */
export function explain(topology: Topology, manifests: readonly ModuleManifest[]): string {
  const calls = callsOf(topology, manifests);
  const processes = topology.hosts.reduce((sum, { replicas }) => sum + replicas, 0);
  const entries = routingTable(topology, manifests);
  const widest = Math.max(...entries.map(({ pattern }) => pattern.length), 'everything else'.length);
  return [
    `Topology '${topology.name}': ${counted(topology.hosts.length, 'host')}, ${counted(processes, 'process', 'processes')}, behind nginx`,
    '',
    'Hosts',
    ...topology.hosts.map((host) => `  ${hostLine(host, isCalledRemotely(topology, manifests, host))}`),
    '',
    'Paths, the first match applies',
    ...entries.map(({ pattern, module, host }) => `  ${pattern.padEnd(widest)}  → ${host} (${module})`),
    `  ${'/metrics'.padEnd(widest)}  → not public; scrape the hosts`,
    `  ${'everything else'.padEnd(widest)}  → ${frontHost(topology).name}: /, /docs, /guide, /health, and unknown paths`,
    '',
    'Calls over the network, by the methods of the contract',
    ...callLines(calls.filter(({ remote }) => remote)),
    '',
    'Calls within a process, by the methods of the contract',
    ...callLines(calls.filter(({ remote }) => !remote)),
    '',
    'Events, through the queues',
    ...listed(manifests.flatMap((manifest) => subscriptionLines(topology, manifest))),
    '',
    'Background jobs',
    ...listed(manifests.flatMap((manifest) => jobLines(topology, manifest))),
    '',
    'Picture (Mermaid)',
    '',
    mermaid(topology, manifests),
    '',
  ].join('\n');
}

/** What follows for a host from its balance; nothing for the default. */
const BALANCED: Readonly<Record<Balance, string>> = {
  least_conn: '',
  ip_hash: '; balance ip_hash: requests from one address go to one replica',
  cookie: '; balance cookie: requests of one browser go to one replica',
};

function hostLine(host: TopologyHost, isCalled: boolean): string {
  const { name, modules, replicas, serve, balance, runtime } = host;
  const served = serve.filter((role) => role !== 'rpc' || isCalled);
  const unused = serve.includes('rpc') && !isCalled ? ' (no rpc port: no other host calls it)' : '';
  const other = runtime === undefined ? '' : ` in ${runtime}`;
  return `${name} × ${replicas}: ${modules.join(', ')}${other}; serves ${served.join(', ')}${unused}${BALANCED[balance]}`;
}

function callLines(calls: readonly ModuleCalls[]): string[] {
  return listed(
    calls.map(
      ({ from, to, remote, methods }) =>
        `${from.module} → ${to.module}  (${remote ? `${from.host} → ${to.host}` : `in ${from.host}`}): ${methods.join(', ')}`,
    ),
  );
}

/** Returns a line for each publisher; its name is left out of the names of its events. */
function subscriptionLines(topology: Topology, { name, subscribes = [] }: ModuleManifest): string[] {
  const host = hostServing(topology, name, 'jobs').name;
  const byPublisher = Map.groupBy(subscribes, ({ publisher }) => publisher);
  return [...byPublisher].map(([publisher, events]) => {
    const names = events.map((event) => event.name.slice(publisher.length + 1));
    return `${publisher} → ${name}  (in ${host}): ${names.join(', ')}`;
  });
}

function jobLines(topology: Topology, { name, jobs = [] }: ModuleManifest): string[] {
  const host = hostServing(topology, name, 'jobs').name;
  return jobs.map((queue) => `${queue}  (in ${host})`);
}

const listed = (lines: readonly string[]) =>
  lines.length > 0 ? lines.map((line) => `  ${line}`) : ['  none'];

const counted = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
