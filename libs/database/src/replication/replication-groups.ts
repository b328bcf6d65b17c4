import { addressOf } from '../server-urls.js';
import { ReplicationGroup, type ReplicationGroupOptions } from './replication-group.js';

/** The clusters of one host: modules whose data are on the same servers watch them together. */
export class ReplicationGroups {
  readonly #groups = new Map<string, ReplicationGroup>();

  of(options: ReplicationGroupOptions): ReplicationGroup {
    const { primaries, replicas } = options;
    const { pathname: database } = new URL(primaries[0]!);
    const key = JSON.stringify([database, primaries.map(addressOf), replicas.map(addressOf)]);
    let cluster = this.#groups.get(key);
    if (!cluster) this.#groups.set(key, (cluster = new ReplicationGroup(options)));
    return cluster;
  }
}
