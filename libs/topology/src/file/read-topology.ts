import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { alone } from '../derived-topologies.js';
import { didYouMean } from '../did-you-mean.js';
import { DEFAULT_BALANCE, ROLES, type Topology, TopologyError, type TopologyHost } from '../topology.js';
import { balanceIssues, placementIssues, runtimeIssues, schemaIssues } from './issues.js';
import { TopologyFile } from './topology-schema.js';
import { YamlSource } from './yaml-source.js';

type Runtimes = Readonly<Record<string, readonly string[]>>;

export interface ReadTopologyOptions {
  /** The names of all modules. */
  modules: readonly string[];
  /** By runtime other than Nest, the modules that exist in it. */
  runtimes?: Runtimes;
  /** The folder of the topologies that have names; `topologies` by default. */
  folder?: string;
}

/** What a command line names: a topology, a file, or with `--alone` a module. */
export type TopologyReference = string | { readonly alone: string };

/**
 * Reads a topology, or derives it with {@link alone}.
 * @param reference a name, such as `microservices` for `topologies/microservices.yaml`, or the path of a file, which
 *   contains a slash or ends in `.yaml` or `.yml`
 * @throws TopologyError when there is none, or with one line for each issue in it, see {@link parseTopology}
 */
export async function readTopology(
  reference: TopologyReference,
  { modules, runtimes, folder = 'topologies' }: ReadTopologyOptions,
): Promise<Topology> {
  if (typeof reference !== 'string') return alone(modules, reference.alone);
  const isFile = reference.includes('/') || /[.]ya?ml$/.test(reference);
  const file = isFile ? reference : join(folder, `${reference}.yaml`);
  const text = await readFile(file, 'utf8').catch(async ({ code }: NodeJS.ErrnoException) => {
    if (isFile)
      throw new TopologyError([
        `${file}: cannot be read (${code}); name a file, or a topology in ${folder}/`,
      ]);
    const suggestion = modules.includes(reference)
      ? `; for the module on a host of its own use --alone ${reference}`
      : didYouMean(reference, await namesIn(folder));
    throw new TopologyError([`no topology '${reference}'${suggestion}`]);
  });
  return parseTopology(text, file, modules, runtimes);
}

/**
 * Parses the text of a topology file.
 * @param file names the topology, and the place of its issues
 * @param modules the names of all modules
 * @param runtimes by runtime other than Nest, the modules that exist in it
 * @throws TopologyError with one line for each issue: `<file>:<line>:<column>: <what is wrong, and how to fix it>`
 */
export function parseTopology(
  text: string,
  file: string,
  modules: readonly string[],
  runtimes: Runtimes = {},
): Topology {
  const source = new YamlSource(text, file);
  const parsed = TopologyFile.safeParse(source.value);
  if (!parsed.success) throw source.toError(schemaIssues(parsed.error));
  const hosts = expandWildcards(parsed.data, modules);
  const issues = [
    ...placementIssues(hosts, modules),
    ...balanceIssues(parsed.data),
    ...runtimeIssues(hosts, runtimes),
  ];
  if (issues.length > 0) throw source.toError(issues);
  return { name: basename(file).replace(/[.]ya?ml$/, ''), hosts };
}

/**
 * Replaces `*` by the modules that no host names: in `modules` by all of them, as a host's name by a host for each. A host in another
 * runtime without `serve` gets a host in Nest beside it for its background work.
 */
function expandWildcards({ hosts }: TopologyFile, modules: readonly string[]): TopologyHost[] {
  const named = new Set(Object.values(hosts).flatMap((host) => host.modules));
  const others = modules.filter((module) => !named.has(module));
  return Object.entries(hosts).flatMap(([name, host]): TopologyHost[] => {
    if (name === '*') return others.flatMap((module) => hostsOf(module, [module], host));
    return hostsOf(
      name,
      host.modules.flatMap((module) => (module === '*' ? others : [module])),
      host,
    );
  });
}

function hostsOf(
  name: string,
  modules: readonly string[],
  { serve, balance = DEFAULT_BALANCE, replicas, runtime }: TopologyFile['hosts'][string],
): TopologyHost[] {
  const host = { name, modules, replicas, balance, ...(runtime && { runtime }) };
  if (serve !== undefined || runtime === undefined) return [{ ...host, serve: serve ?? [...ROLES] }];
  const jobs = { name: `${name}-jobs`, modules, replicas: 1, balance: DEFAULT_BALANCE };
  return [
    { ...host, serve: ROLES.filter((role) => role !== 'jobs') },
    { ...jobs, serve: ['jobs'] },
  ];
}

async function namesIn(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return files.filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -'.yaml'.length));
}
