import { describe, expect, it } from 'vitest';
import { parseTopology, TopologyError } from '../index.js';

const modules = ['identity', 'social', 'articles', 'comments'];
const rest = '[identity, social, comments]';

const parse = (text: string) => parseTopology(text, 'topologies/mine.yaml', modules);

function issuesIn(text: string): readonly string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof TopologyError) return error.issues;
    throw error;
  }
  throw new Error('the text is valid');
}

/** Returns a pattern that matches the text literally. */
function exactly(line: string | RegExp): RegExp {
  return typeof line === 'string'
    ? new RegExp(`^${line.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}$`)
    : line;
}

describe('a host in another runtime', () => {
  const runtimes = { fastapi: ['social'] };
  const withPython = (text: string) => parseTopology(text, 'topologies/mine.yaml', modules, runtimes);

  it('has a host in Nest beside it for background work', () => {
    const { hosts } = withPython(
      "hosts: { social: { modules: [social], runtime: fastapi }, app: { modules: ['*'] } }",
    );
    expect(hosts.map(({ name, serve, runtime }) => [name, serve, runtime])).toEqual([
      ['social', ['http', 'rpc'], 'fastapi'],
      ['social-jobs', ['jobs'], undefined],
      ['app', ['http', 'rpc', 'jobs'], undefined],
    ]);
  });

  it('serves what it says, and no jobs', () => {
    const app = "app: { modules: ['*'] }, jobs: { modules: [social], serve: [jobs] }";
    const host = (serve: string) =>
      `hosts: { social: { modules: [social], runtime: fastapi, serve: ${serve} }, ${app} }`;
    expect(withPython(host('[http, rpc]')).hosts.map(({ name }) => name)).toEqual(['social', 'app', 'jobs']);
    expect(() => withPython(host('[jobs]'))).toThrow(
      "host 'social' cannot serve jobs in fastapi; leave out serve, and a host 'social-jobs' in Nest serves them",
    );
  });

  it('is one of the modules that exist in it', () => {
    expect(() => withPython("hosts: { app: { modules: ['*'], runtime: fastapi } }")).toThrow(
      "host 'app' has the runtime fastapi, which runs one of the modules social in a process; got identity, social, articles, comments",
    );
    expect(() => withPython("hosts: { app: { modules: ['*'], runtime: flask } }")).toThrow(
      "runtime of host 'app' must be fastapi; without it the host runs Nest",
    );
  });
});

describe('a topology file', () => {
  it('replaces * by the modules that no host names', () => {
    const placed = (text: string) => parse(text).hosts.map((host) => [host.name, host.modules, host.serve]);
    const everyRole = ['http', 'rpc', 'jobs'];
    expect(placed("hosts: { app: { modules: ['*'] }, social: { modules: [social] } }")).toEqual([
      ['app', ['identity', 'articles', 'comments'], everyRole],
      ['social', ['social'], everyRole],
    ]);
    expect(
      placed(
        "hosts: { app: { modules: ['*'], serve: [http, rpc] }, jobs: { modules: ['*'], serve: [jobs] } }",
      ),
    ).toEqual([
      ['app', modules, ['http', 'rpc']],
      ['jobs', modules, ['jobs']],
    ]);
    expect(placed("hosts: { '*': { modules: ['*'] } }")).toEqual(
      modules.map((name) => [name, [name], everyRole]),
    );
  });

  it('lists hosts, their modules, replicas, roles and balance', () => {
    const text = `
hosts:
  app: { modules: ${rest}, replicas: 2, balance: cookie }
  articles: { modules: [articles], serve: [http, rpc] }
  articles-jobs: { modules: [articles], serve: [jobs] }
`;
    const [all, balance] = [['http', 'rpc', 'jobs'], 'least_conn'];
    expect(parse(text)).toEqual({
      name: 'mine',
      hosts: [
        {
          name: 'app',
          modules: ['identity', 'social', 'comments'],
          replicas: 2,
          serve: all,
          balance: 'cookie',
        },
        { name: 'articles', modules: ['articles'], replicas: 1, serve: ['http', 'rpc'], balance },
        { name: 'articles-jobs', modules: ['articles'], replicas: 1, serve: ['jobs'], balance },
      ],
    });
  });

  it('may use anchors', () => {
    expect(
      parse(`hosts: { app: { modules: &all [identity, social, articles, comments], replicas: 3 } }`).hosts,
    ).toHaveLength(1);
  });

  // Each: a name, the text, the line of its issue.
  it.each([
    [
      'no YAML',
      'hosts:\n  app: { modules: [articles }\n',
      /^topologies\/mine.yaml:2:\d+: invalid YAML: Flow sequence/,
    ],
    ['a tab', 'hosts:\n\tapp: {}\n', /^topologies\/mine.yaml:2:1: invalid YAML: /],
    [
      'a key twice',
      'hosts:\n  app: {}\n  app: {}\n',
      /^topologies\/mine.yaml:3:3: invalid YAML: Map keys must be unique/,
    ],
    ['an empty file', '', /^topologies\/mine.yaml:1:1: the file must be a mapping with the key hosts, e.g./],
    ['a list', '- app\n', /^topologies\/mine.yaml:1:1: the file must be a mapping with the key hosts, e.g./],
    ['no hosts', 'hosts:\n', /^topologies\/mine.yaml:1:7: hosts must name the hosts, e.g./],
    ['an empty hosts', 'hosts: {}\n', /^topologies\/mine.yaml:1:8: hosts is empty: name at least one host$/],
    [
      'an unknown key',
      `hosts:\n  app: { modules: [identity, social, articles, comments], replica: 2 }\n`,
      "topologies/mine.yaml:2:59: unknown key 'replica'; did you mean 'replicas'?",
    ],
    [
      'an unknown key above',
      `host:\n  app: {}\nhosts: { app: { modules: [identity, social, articles, comments] } }\n`,
      "topologies/mine.yaml:1:1: unknown key 'host'; did you mean 'hosts'?",
    ],
    [
      'an unknown module',
      `hosts:\n  app: { modules: ${rest} }\n  it: { modules: [artcles, articles] }\n`,
      "topologies/mine.yaml:3:19: host 'it' has the unknown module 'artcles'; did you mean 'articles'?",
    ],
    [
      'an unknown module that is like none',
      `hosts:\n  app: { modules: [identity, social, articles, comments, billing] }\n`,
      "topologies/mine.yaml:2:58: host 'app' has the unknown module 'billing'; known: identity, social, articles, comments",
    ],
    [
      'a module on two hosts',
      `hosts:\n  app: { modules: [identity, social, articles, comments] }\n  articles:\n    modules:\n      - articles\n`,
      "topologies/mine.yaml:5:9: module 'articles' is already on host 'app'; remove it from one of them, or give them different roles with serve",
    ],
    [
      'a module twice on a host',
      `hosts:\n  app: { modules: [identity, social, articles, comments, social] }\n`,
      "topologies/mine.yaml:2:58: host 'app' lists 'social' twice; remove one",
    ],
    [
      'a missing module',
      `hosts:\n  app: { modules: ${rest} }\n`,
      "topologies/mine.yaml:1:1: module 'articles' is on no host; add it to one",
    ],
    [
      'a module that no host serves over HTTP',
      `hosts:\n  app: { modules: ${rest} }\n  it: { modules: [articles], serve: [rpc, jobs] }\n`,
      "topologies/mine.yaml:1:1: no host serves 'http' of module 'articles'; add it to the serve of a host that runs it",
    ],
    [
      'an empty host',
      `hosts:\n  app: { modules: [identity, social, articles, comments] }\n  idle: { modules: [] }\n`,
      "topologies/mine.yaml:3:20: modules of host 'idle' is empty: remove the host or give it a module",
    ],
    [
      'a host without anything',
      `hosts:\n  app: { modules: [identity, social, articles, comments] }\n  idle:\n`,
      /^topologies\/mine.yaml:3:\d+: host 'idle' must list its modules, e.g./,
    ],
    [
      'a host without modules',
      `hosts:\n  app: { modules: [identity, social, articles, comments] }\n  idle: { replicas: 2 }\n`,
      "topologies/mine.yaml:3:9: modules of host 'idle' must list the modules of the host, e.g. [articles, comments]",
    ],
    [
      'an unfit name',
      'hosts: { My_App: { modules: [identity, social, articles, comments] } }\n',
      /^topologies\/mine.yaml:1:10: a host's name consists of lower-case letters/,
    ],
    [
      'an unknown role',
      `hosts: { app: { modules: [identity, social, articles, comments], serve: [http, grpc] } }\n`,
      "topologies/mine.yaml:1:80: item 2 in serve of host 'app' must be one of http, rpc, jobs",
    ],
    ...['round_robin', 'Cookie', '1', 'null', '[cookie]'].map((balance): [string, string, string] => [
      `balance ${balance}`,
      `hosts:\n  app: { balance: ${balance}, modules: [identity, social, articles, comments] }\n`,
      "topologies/mine.yaml:2:19: balance of host 'app' must be one of least_conn, ip_hash, cookie",
    ]),
    [
      'balance on a host without http',
      `hosts:\n  app: { modules: ['*'], serve: [http, rpc] }\n  jobs: { modules: ['*'], serve: [jobs], balance: cookie }\n`,
      "topologies/mine.yaml:3:42: balance of host 'jobs' has no effect, because it does not serve http; remove it",
    ],
    ...['0', '-1', '1.5', '100', 'two', '"2"', 'null', '[1]'].map((replicas): [string, string, string] => [
      `${replicas} replicas`,
      `hosts:\n  app: { replicas: ${replicas}, modules: [identity, social, articles, comments] }\n`,
      "topologies/mine.yaml:2:20: replicas of host 'app' must be a whole number from 1 to 99",
    ]),
  ])('with %s is rejected with the line and column of the issue', (_, text, line) => {
    expect(issuesIn(text)).toEqual([expect.stringMatching(exactly(line))]);
  });

  it('with several issues is rejected with a line for each, from top to bottom', () => {
    const text =
      'hosts:\n  app: { modules: [], replica: 2 }\n  b: { modules: [articles], replicas: 0 }\nmore: 1\n';
    const places = issuesIn(text).map((line) => line.split(': ')[0]);
    expect(places).toEqual([
      'topologies/mine.yaml:2:19',
      'topologies/mine.yaml:2:23',
      'topologies/mine.yaml:3:39',
      'topologies/mine.yaml:4:1',
    ]);
  });

  it('whose aliases expand exponentially is rejected', () => {
    const levels = Array.from(
      { length: 9 },
      (_, index) => `l${index + 1}: &l${index + 1} [${`*l${index}, `.repeat(9)}]`,
    );
    expect(issuesIn(`l0: &l0 [x]\n${levels.join('\n')}\n`)[0]).toMatch(/invalid YAML: Excessive alias count/);
  });
});
