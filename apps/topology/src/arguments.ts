import { parseArgs } from 'node:util';
import { UsageError } from '@tearline/process';
import type { TopologyReference } from '@tearline/topology';

export const HELP = `npm run topology -- <name | file | --alone module> [options]

Runs a topology as real processes: each host with its own modules and their credentials alone, nginx in front on PORT,
a private PostgreSQL unless DATABASE_URL names one. Ctrl-C ends all of it.

  <name>                     topologies/<name>.yaml: monolith, microservices, workers, media
  <file>                     any other one, e.g. ./mine.yaml
  --alone <module>           the module on a host of its own, all others on the host 'app'
  --replicas <host>=<count>  that many processes of a host; may be given more than once
  --watch                    replaces the hosts that run a file, when the file is saved, without failing a request
  --explain                  prints what the topology means, and a picture, and runs nothing
  --help

  PORT                  the public port (3000); 0 takes any free one
  HOST                  the address to listen on (127.0.0.1)
  DATABASE_URL          the owner of a database; without it a private one lives in TEARLINE_DIR (.tearline)
  REDIS_URL             where the queues are; without it they are in the same PostgreSQL
  DATABASE_CONNECTIONS  connections to the database for each module of a process (5)
  EDGE_LOG              a file for a line of nginx on each request (none: the hosts write one)
  OPERATOR_PASSWORD     opens the queues' board, /queues, to the user 'operator'
  LOG_FORMAT            json or pretty; by default pretty on a terminal
  NODE_ENV, LOG_LEVEL, SEAM_CHECKED and the settings of the hosts and modules are passed on to the hosts.
`;

/** What the command line asks for. */
export type Request =
  | { readonly help: true }
  | {
      readonly help: false;
      readonly topology: TopologyReference;
      readonly replicas: readonly string[];
      readonly explain: boolean;
      readonly watch: boolean;
    };

/** @throws UsageError */
export function requestFrom(args: readonly string[]): Request {
  const { values, positionals } = parsed(args);
  if (values.help) return { help: true };
  const references: TopologyReference[] = [
    ...positionals,
    ...(values.alone ?? []).map((module) => ({ alone: module })),
  ];
  const [topology, ...more] = references;
  if (topology === undefined) throw new UsageError(`which topology?\n\n${HELP}`);
  if (more.length > 0) throw new UsageError('expected one topology');
  return {
    help: false,
    topology,
    replicas: values.replicas ?? [],
    explain: values.explain ?? false,
    watch: values.watch ?? false,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        alone: { type: 'string', multiple: true },
        replicas: { type: 'string', multiple: true },
        explain: { type: 'boolean' },
        watch: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    // Node's second sentence explains how to write a file's name that looks like an option.
    const [mistake] = (error as Error).message.split('. ');
    throw new UsageError(`${mistake}; npm run topology -- --help lists the options`, { cause: error });
  }
}
