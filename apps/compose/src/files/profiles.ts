/** Compose profiles: what is added to a topology. */
export interface Profiles {
  /** An edge cache in front. */
  readonly cdn?: boolean;
  /** Three PostgreSQL servers under Patroni, in place of one with its replica. */
  readonly ha?: boolean;
  /** Grafana, and Alertmanager for the alerts of Prometheus. */
  readonly observe?: boolean;
}

/** Returns the names of the profiles that are asked for. */
export const profileNames = ({ cdn, ha, observe }: Profiles): string[] => [
  ...(cdn ? ['cdn'] : []),
  ...(ha ? ['ha'] : []),
  ...(observe ? ['observe'] : []),
];
