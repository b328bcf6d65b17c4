/** How Prometheus finds the hosts, and where its alerts go. */
export interface PrometheusOptions {
  /** Scrape configurations of the job `hosts`, without its name. Targets have the label `host`. */
  readonly hosts: object;
  /** Path of the rules, as Prometheus sees it. */
  readonly rules: string;
  /** `host:port` of Alertmanager; without it, alerts are shown by Prometheus alone. */
  readonly alertmanager?: string;
}

/** Returns the configuration of Prometheus. */
export const prometheusConfig = ({ hosts, rules, alertmanager }: PrometheusOptions): object => ({
  global: { scrape_interval: '5s', scrape_timeout: '4s', evaluation_interval: '15s' },
  rule_files: [rules],
  ...(alertmanager && {
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
  }),
  scrape_configs: [{ job_name: 'hosts', ...hosts }],
});
