import type { z } from 'zod';
import { didYouMean } from '../did-you-mean.js';
import { ROLES, type TopologyHost } from '../topology.js';
import type { Mistake, Path } from './source.js';

const KNOWN_KEYS: Readonly<Record<number, readonly string[]>> = {
  0: ['hosts'],
  2: ['modules', 'replicas', 'serve'],
};

/** What zod found, in words. */
export function mistakesOfShape({ issues }: z.ZodError): Mistake[] {
  return issues.flatMap((issue): Mistake[] => {
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

/** What a well-formed file gets wrong about the modules. */
export function mistakesOfPlacement(hosts: readonly TopologyHost[], modules: readonly string[]): Mistake[] {
  return [
    ...hosts.flatMap((host) => strangers(host, modules)),
    ...hosts.flatMap((host) => repetitions(host)),
    ...modules.flatMap((module) => ROLES.flatMap((role) => placesOf(module, role, hosts))).filter(first()),
  ];
}

function strangers({ name, modules: own }: TopologyHost, modules: readonly string[]): Mistake[] {
  return own.flatMap((module, index) =>
    modules.includes(module)
      ? []
      : [
          {
            path: ['hosts', name, 'modules', index],
            message: `host '${name}' has the unknown module '${module}'${didYouMean(module, modules)}`,
          },
        ],
  );
}

function repetitions({ name, modules, serve }: TopologyHost): Mistake[] {
  const lists: [key: string, values: readonly string[]][] = [
    ['modules', modules],
    ['serve', serve],
  ];
  return lists.flatMap(([key, values]) =>
    values.flatMap((value, index) =>
      values.indexOf(value) === index
        ? []
        : [
            {
              path: ['hosts', name, key, index],
              message: `host '${name}' lists '${value}' twice; once is enough`,
            },
          ],
    ),
  );
}

/** A module that no host serves in a role, or more than one. */
function placesOf(module: string, role: string, hosts: readonly TopologyHost[]): Mistake[] {
  const [one, ...others] = hosts.filter(
    ({ modules, serve }) => modules.includes(module) && serve.includes(role as never),
  );
  if (one === undefined) {
    const loaded = hosts.some(({ modules }) => modules.includes(module));
    const message = loaded
      ? `no host serves '${role}' of module '${module}'; add it to the serve of one that runs it`
      : `module '${module}' is on no host; add it to the modules of one`;
    return [{ path: ['hosts'], atKey: true, message }];
  }
  return others.map(({ name, modules }) => ({
    path: ['hosts', name, 'modules', modules.indexOf(module)],
    message:
      `module '${module}' is on host '${one.name}' already; take it off one of them` +
      `, or let them share its work with serve`,
  }));
}

/** A module that is missing or doubled is so in every role; that is one mistake. */
function first() {
  const seen = new Set<string>();
  return ({ path, message }: Mistake) => {
    const mistake = `${path.join('.')} ${message}`;
    return !seen.has(mistake) && Boolean(seen.add(mistake));
  };
}

/** `hosts.app.replicas` as `replicas of host 'app' `; nothing for the file itself. */
function nameOf(path: Path): string {
  const [hosts, host, key, index] = path;
  if (hosts === undefined) return 'the file ';
  if (host === undefined) return 'hosts ';
  if (key === undefined) return `host '${String(host)}' `;
  const of = `of host '${String(host)}' `;
  return index === undefined ? `${String(key)} ${of}` : `item ${Number(index) + 1} in ${String(key)} ${of}`;
}
