import { parse } from 'yaml';

/** The passwords of a cluster. */
export interface PatroniPasswords {
  readonly superuser: string;
  readonly replication: string;
  readonly rewind: string;
  /** Of the requests that change something. */
  readonly restapi: string;
  /** Of the role that owns the database. */
  readonly owner: string;
}

/** Where a member listens, and where the others reach it, each `host:port`. */
export interface MemberAddresses {
  readonly name: string;
  readonly postgres: string;
  readonly api: string;
  /** etcd, as this member reaches it. */
  readonly etcd: string;
  /** Where the others reach PostgreSQL and the API; the same by default. */
  readonly advertised?: { readonly postgres: string; readonly api: string };
}

/** What Patroni decides by, in seconds where it is a number; by default that of `docker/patroni/patroni.yaml`. */
export interface PatroniTuning {
  readonly ttl?: number;
  readonly loop_wait?: number;
  readonly retry_timeout?: number;
  readonly synchronous_mode?: boolean;
  readonly failsafe_mode?: boolean;
}

interface MemberConfigOptions {
  readonly addresses: MemberAddresses;
  readonly passwords: PatroniPasswords;
  readonly tuning: PatroniTuning;
  readonly maxConnections: number;
  /** Folders of the member's data and of PostgreSQL's programs. */
  readonly data: string;
  readonly programs: string;
  readonly pgpass: string;
  /** The script that runs once, on the first leader. */
  readonly bootstrap: string;
}

interface BaseConfig {
  readonly bootstrap: { readonly dcs: { readonly postgresql: { readonly parameters: object } } };
  readonly postgresql: { readonly authentication: Readonly<Record<string, object>> };
}

/** Returns the configuration of one member that is a process of this machine. @param base the text of `docker/patroni/patroni.yaml` */
export function memberConfig(base: string, options: MemberConfigOptions): object {
  const { addresses, passwords, tuning, maxConnections, data, programs, pgpass, bootstrap } = options;
  const config = parse(base) as BaseConfig;
  const { dcs } = config.bootstrap;
  const advertised = addresses.advertised ?? addresses;
  const { authentication } = config.postgresql;
  return {
    ...config,
    name: addresses.name,
    // Without what every member says in every turn: that there is nothing to do.
    log: { loggers: { 'patroni.__main__': 'WARNING' } },
    restapi: {
      listen: addresses.api,
      connect_address: advertised.api,
      authentication: { username: 'patroni', password: passwords.restapi },
    },
    // Without proxies, Patroni asks etcd for its addresses, and uses those.
    etcd3: { hosts: [addresses.etcd], ...(addresses.advertised && { use_proxies: true }) },
    bootstrap: {
      ...config.bootstrap,
      dcs: {
        ...dcs,
        ...tuning,
        postgresql: {
          ...dcs.postgresql,
          parameters: { ...dcs.postgresql.parameters, max_connections: maxConnections },
        },
      },
      post_bootstrap: `/bin/sh '${bootstrap}'`,
    },
    postgresql: {
      ...config.postgresql,
      listen: addresses.postgres,
      connect_address: advertised.postgres,
      data_dir: data,
      bin_dir: programs,
      pgpass,
      authentication: Object.fromEntries(
        (['superuser', 'replication', 'rewind'] as const).map((role) => [
          role,
          { ...authentication[role], password: passwords[role] },
        ]),
      ),
      // A path of a socket may be too long.
      parameters: { unix_socket_directories: '' },
    },
  };
}
