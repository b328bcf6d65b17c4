import type { FailoverEnvironment } from './environment.js';

/** A fault, which Patroni answers by itself. */
export interface Fault {
  readonly name: string;
  /** Injects it. Returns what ends it. */
  readonly inject: (environment: FailoverEnvironment) => Promise<() => Promise<void>>;
  /** Seconds that it lasts; by default until another member is the leader. */
  readonly seconds?: number;
}

export const FAULTS = {
  killed: {
    name: 'leader killed (SIGKILL, PostgreSQL and Patroni)',
    inject: async ({ cluster }) => {
      const leader = await cluster.leader();
      await leader.kill();
      return () => leader.start();
    },
  },
  switchover: {
    name: 'switchover',
    inject: async ({ cluster }) => {
      const switching = cluster.switchover();
      return () => switching;
    },
  },
  hung: {
    name: 'leader hung (SIGSTOP, PostgreSQL and Patroni)',
    inject: async ({ cluster }) => {
      const leader = await cluster.leader();
      await leader.pause();
      return () => leader.resume();
    },
  },
  cut: {
    name: 'leader cut off from etcd and replicas',
    inject: async ({ cluster, network }) => {
      const leader = await cluster.leader();
      network.cut(leader.name);
      return async () => network.heal();
    },
  },
  etcd: {
    name: 'etcd down for 60 s',
    seconds: 60,
    inject: async ({ cluster }) => {
      await cluster.etcd.kill();
      return () => cluster.etcd.start();
    },
  },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
