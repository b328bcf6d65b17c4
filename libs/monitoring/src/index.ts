export { dashboards } from './dashboards/dashboards.js';
export { GRAFANA_PROVISIONING, grafanaFiles } from './dashboards/grafana-files.js';
export { type PrometheusOptions, prometheusConfig } from './prometheus-config.js';
export { type Alert, runbookOf, RUNBOOKS } from './rules/alert.js';
export { alerts, rulesFile } from './rules/rules-file.js';
