import { secretsMount } from './names.js';
import { type Profiles, profileNames } from './profiles.js';

/** How the other services find the database. */
export interface DatabaseNames {
  /** Of the servers that may be the primary, as in a URL. */
  readonly servers: readonly string[];
  /** Of the servers that serve reads while they are replicas. */
  readonly replicas: readonly string[];
  /** Of the files with the URLs of the modules and of the owner. */
  readonly urlFile: string;
}

/** The members of the cluster. */
const MEMBERS = ['patroni-1', 'patroni-2', 'patroni-3'];

const from = (service: string) => ({ extends: { file: 'services.yaml', service } });
const secretsMade = { secrets: { condition: 'service_completed_successfully' } };
const healthy = (names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, { condition: 'service_healthy' }]));

export const databaseNames = ({ ha }: Profiles): DatabaseNames =>
  ha
    ? { servers: MEMBERS, replicas: MEMBERS, urlFile: 'ha-database-url' }
    : { servers: ['postgres'], replicas: ['postgres-replica'], urlFile: 'database-url' };

/** Returns the conditions on which the database can be migrated. */
export const databaseIsThere = (profiles: Profiles): object => healthy(databaseNames(profiles).servers);

/** Returns the compose services of the database. */
export function databaseServices({ ha }: Profiles): Record<string, object> {
  if (!ha)
    return {
      postgres: { ...from('postgres'), depends_on: secretsMade },
      'postgres-replica': { ...from('postgres-replica'), depends_on: healthy(['postgres']) },
    };
  const profiles = profileNames({ ha });
  // Names of addresses on the network of Patroni alone, so that its API and etcd are nowhere else.
  const onOwnNetwork = (name: string) => ({ ha: { aliases: [`${name}.ha`] } });
  return {
    etcd: { ...from('etcd'), profiles, networks: onOwnNetwork('etcd') },
    ...Object.fromEntries(
      MEMBERS.map((name) => [
        name,
        {
          ...from('patroni'),
          profiles,
          environment: { PATRONI_NAME: name },
          volumes: [secretsMount('patroni'), `${name}:/var/lib/postgresql/data`],
          networks: { data: {}, ...onOwnNetwork(name) },
          depends_on: { ...secretsMade, ...healthy(['etcd']) },
        },
      ]),
    ),
  };
}

/** Returns the volumes of the database. */
export const databaseVolumes = ({ ha }: Profiles): string[] =>
  // `down` deletes those of either, whichever has run.
  ha ? [...MEMBERS, 'etcd', 'postgres', 'postgres-replica'] : ['postgres', 'postgres-replica'];
