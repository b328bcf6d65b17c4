import { freePorts, type MemberAddresses } from '@tearline/process';
import { Link } from './link.js';

const MEMBERS = 3;

interface MemberLinks {
  readonly postgres: Link;
  readonly api: Link;
  readonly etcd: Link;
}

/** The network between the members of a cluster and etcd, which can be cut around one of them. Its clients are not on it. */
export class ClusterNetwork {
  private constructor(
    readonly etcd: string,
    readonly members: readonly MemberAddresses[],
    private readonly links: ReadonlyMap<string, MemberLinks>,
  ) {}

  static async open(): Promise<ClusterNetwork> {
    const addresses = (await freePorts(1 + 5 * MEMBERS)).map((port) => `127.0.0.1:${port}`);
    const next = () => addresses.pop()!;
    const etcd = next();
    const links = new Map<string, MemberLinks>();
    const members: MemberAddresses[] = [];
    for (let number = 1; number <= MEMBERS; number += 1) {
      const name = `patroni-${number}`;
      const own = { postgres: next(), api: next() };
      const of = {
        postgres: new Link(next(), own.postgres),
        api: new Link(next(), own.api),
        etcd: new Link(next(), etcd),
      };
      links.set(name, of);
      const advertised = { postgres: of.postgres.address, api: of.api.address };
      members.push({ name, ...own, etcd: of.etcd.address, advertised });
    }
    const network = new ClusterNetwork(etcd, members, links);
    await Promise.all(network.#all().map((link) => link.listen()));
    return network;
  }

  /** Cuts a member off from etcd and from the other members. */
  cut(member: string): void {
    for (const link of Object.values(this.links.get(member)!) as Link[]) link.cut();
    // The only request of a leader to the others; a replica sends none, and no proxy knows who sends one.
    for (const [name, { api }] of this.links) if (name !== member) api.block('POST /failsafe');
  }

  heal(): void {
    for (const link of this.#all()) link.heal();
  }

  async close(): Promise<void> {
    await Promise.all(this.#all().map((link) => link.close()));
  }

  #all(): Link[] {
    return [...this.links.values()].flatMap((links) => Object.values(links) as Link[]);
  }
}
