import { script } from '@tearline/process';
import type { TopologyReference } from '@tearline/topology';

export interface TopologyOptions {
  readonly alone?: string;
  /** Each `<host>=<count>`. */
  readonly replicas?: readonly string[];
  readonly watch?: true;
  readonly explain?: true;
  readonly cdn?: true;
  readonly ha?: true;
  readonly observe?: true;
}

/** Returns the command line of `npm run topology`. */
export function topologyCommand(
  run: (topology: TopologyReference, options: TopologyOptions) => Promise<void>,
) {
  const command = script('topology')
    .description(
      `Runs a topology as real processes: each host with the modules and credentials of its own, behind nginx on PORT, with a \
private PostgreSQL unless DATABASE_URL is set. Ctrl-C stops everything.`,
    )
    .argument(
      '[topology]',
      'monolith, microservices, workers, media or sticky (topologies/<name>.yaml), or a file: ./mine.yaml',
    )
    .option(
      '--alone <module>',
      "instead of a topology: the module on a host of its own, all others on the host 'app'",
    )
    .option(
      '--replicas <host=count>',
      'the number of processes of a host; repeat the option for other hosts',
      (value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value],
    )
    .option('--watch', 'when a source file is saved, replaces the hosts that run it while they serve')
    .option('--cdn', 'puts an edge cache (Varnish) in front, which listens on PORT')
    .option('--ha', 'takes three PostgreSQL servers under Patroni, of which one replaces another that fails')
    .option(
      '--observe',
      'runs Prometheus and Alertmanager with its dashboards and alerts, and stores the log for search',
    )
    .option('--explain', 'prints what the topology means, with a picture, and runs nothing')
    .addHelpText(
      'after',
      `
Environment:
  PORT                  the public port (3000); 0 takes a free one
  HOST                  the address to listen on (127.0.0.1)
  DATABASE_URL          the owner's URL of a database; without it, a private PostgreSQL in TEARLINE_DIR (.tearline)
  REDIS_URL             the Redis of the queues; without it, they are in the same PostgreSQL
  DATABASE_CONNECTIONS  connections to the database for each module of a process (5)
  EDGE_LOG              a file for nginx's log of requests (none: the hosts log each request)
  OPERATOR_PASSWORD     the password of the user 'operator' for the board of the queues, /queues
  CDN_MEMORY_MIB        the memory of the edge cache of --cdn in MiB (256)
  LOG_FORMAT            json or pretty; by default pretty on a terminal
  NODE_ENV, LOG_LEVEL, SEAM_CHECKED and the settings of hosts and modules are passed on to the hosts.`,
    );
  return command.action(async (name: string | undefined, options: TopologyOptions) => {
    const { alone } = options;
    if ((name === undefined) === (alone === undefined))
      command.error(`error: expected one topology, ${name ? 'not --alone too' : 'or --alone <module>'}`);
    await run(name ?? { alone: alone! }, options);
  });
}
