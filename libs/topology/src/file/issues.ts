import type { z } from 'zod';
import { didYouMean } from '../did-you-mean.js';
import { type Role, ROLES, type TopologyHost } from '../topology.js';
import type { TopologyFile } from './topology-schema.js';
import type { Issue, Path } from './yaml-source.js';

const KNOWN_KEYS: Readonly<Record<number, readonly string[]>> = {
  0: ['hosts'],
  2: ['modules', 'replicas', 'serve', 'balance', 'runtime'],
};

/** Returns the issues that zod has found, with names and suggestions. */
export function schemaIssues({ issues }: z.ZodError): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...issue.path, key],
        atKey: true,
        message: `unknown key '${key}'${didYouMean(key, KNOWN_KEYS[issue.path.length] ?? [])}`,
      }));
    if (issue.code === 'invalid_key')
      return [{ path: issue.path, atKey: true, message: issue.issues[0]?.message ?? issue.message }];
    return [{ path: issue.path, message: `${nameOf(issue.path)}${issue.message}` }];
  });
}

/** Returns the issues of a well-formed file: modules that are unknown, repeated, missing or on two hosts. */
export function placementIssues(hosts: readonly TopologyHost[], modules: readonly string[]): Issue[] {
  return [
    ...hosts.flatMap((host) => unknownModules(host, modules)),
    ...hosts.flatMap((host) => [
      ...duplicates(host, 'modules', host.modules),
      ...duplicates(host, 'serve', host.serve),
    ]),
    ...modules.flatMap((module) => ROLES.flatMap((role) => roleIssues(module, role, hosts))),
  ];
}

/** Returns an issue for each host to which nginx sends nothing, so that there is nothing to balance. */
export function balanceIssues({ hosts }: TopologyFile): Issue[] {
  return Object.entries(hosts).flatMap(([name, { balance, serve }]): Issue[] =>
    balance === undefined || (serve ?? ROLES).includes('http')
      ? []
      : [
          {
            path: ['hosts', name, 'balance'],
            atKey: true,
            message: `balance of host '${name}' has no effect, because it does not serve http; remove it`,
          },
        ],
  );
}

/**
 * Returns the issues of hosts in another runtime than Nest: it exists for a few modules, runs one of them in a process, and leaves
 * background work to a host in Nest.
 * @param available by runtime, the modules that exist in it
 */
export function runtimeIssues(
  hosts: readonly TopologyHost[],
  available: Readonly<Record<string, readonly string[]>>,
): Issue[] {
  return hosts.flatMap(({ name, modules, serve, runtime }): Issue[] => {
    if (runtime === undefined) return [];
    const known = available[runtime] ?? [];
    const [module, ...others] = modules;
    if (others.length > 0 || !known.includes(module!)) {
      const message =
        `host '${name}' has the runtime ${runtime}, which runs one of the modules ${known.join(', ') || '(none)'} in a process; ` +
        `got ${modules.join(', ')}`;
      return [{ path: ['hosts', name, 'runtime'], message }];
    }
    if (!serve.includes('jobs')) return [];
    const message = `host '${name}' cannot serve jobs in ${runtime}; leave out serve, and a host '${name}-jobs' in Nest serves them`;
    return [{ path: ['hosts', name, 'serve'], message }];
  });
}

function unknownModules({ name, modules: placed }: TopologyHost, modules: readonly string[]): Issue[] {
  return placed.flatMap((module, index) => {
    const message = `host '${name}' has the unknown module '${module}'${didYouMean(module, modules)}`;
    return modules.includes(module) ? [] : [{ path: ['hosts', name, 'modules', index], message }];
  });
}

function duplicates({ name }: TopologyHost, key: 'modules' | 'serve', values: readonly string[]): Issue[] {
  return values.flatMap((value, index) => {
    const message = `host '${name}' lists '${value}' twice; remove one`;
    return values.indexOf(value) === index ? [] : [{ path: ['hosts', name, key, index], message }];
  });
}

/** A role of a module that no host serves, or more than one. */
function roleIssues(module: string, role: Role, hosts: readonly TopologyHost[]): Issue[] {
  const placed = hosts.filter(({ modules }) => modules.includes(module));
  if (placed.length === 0)
    return [{ path: ['hosts'], atKey: true, message: `module '${module}' is on no host; add it to one` }];
  const [first, ...others] = placed.filter(({ serve }) => serve.includes(role));
  if (first === undefined) {
    const message = `no host serves '${role}' of module '${module}'; add it to the serve of a host that runs it`;
    return [{ path: ['hosts'], atKey: true, message }];
  }
  return others.map(({ name, modules }) => ({
    path: ['hosts', name, 'modules', modules.indexOf(module)],
    message:
      `module '${module}' is already on host '${first.name}'; remove it from one of them` +
      `, or give them different roles with serve`,
  }));
}

/** `hosts.app.replicas` as `replicas of host 'app' `. */
function nameOf(path: Path): string {
  const [hosts, host, key, index] = path;
  if (hosts === undefined) return 'the file ';
  if (host === undefined) return 'hosts ';
  if (key === undefined) return `host '${String(host)}' `;
  const of = `of host '${String(host)}' `;
  return index === undefined ? `${String(key)} ${of}` : `item ${Number(index) + 1} in ${String(key)} ${of}`;
}
