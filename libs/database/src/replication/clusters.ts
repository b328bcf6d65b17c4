import { addressOf } from '../server-urls.js';
import { Cluster, type ClusterOptions } from './cluster.js';

/** The clusters of one host: modules whose data are on the same servers watch them together. */
export class Clusters {
  readonly #clusters = new Map<string, Cluster>();

  of(options: ClusterOptions): Cluster {
    const { primaries, replicas } = options;
    const { pathname: database } = new URL(primaries[0]!);
    const key = JSON.stringify([database, primaries.map(addressOf), replicas.map(addressOf)]);
    let cluster = this.#clusters.get(key);
    if (!cluster) this.#clusters.set(key, (cluster = new Cluster(options)));
    return cluster;
  }
}
