import { stringify } from 'yaml';
import { dashboards } from './dashboards.js';
import { DATA_SOURCE } from './panels.js';

/** Grafana's folder for all of these files in a container. */
export const GRAFANA_PROVISIONING = '/etc/grafana/provisioning';

/**
 * Returns what Grafana reads at start, by path in its folder for provisioning: the data source, and the dashboards.
 * @param prometheusUrl where Grafana reaches Prometheus
 * @param folder that folder, as Grafana sees it
 */
export function grafanaFiles(prometheusUrl: string, folder = GRAFANA_PROVISIONING): Record<string, string> {
  const source = { ...DATA_SOURCE, name: 'Prometheus', url: prometheusUrl, access: 'proxy', isDefault: true };
  const provider = {
    name: 'tearline',
    folder: 'Tearline',
    type: 'file',
    options: { path: `${folder}/dashboards` },
  };
  return {
    'datasources/prometheus.yaml': stringify({ apiVersion: 1, datasources: [source] }),
    'dashboards/tearline.yaml': stringify({ apiVersion: 1, providers: [provider] }),
    ...Object.fromEntries(
      dashboards().map((each) => [`dashboards/${each.uid}.json`, `${JSON.stringify(each, null, 2)}\n`]),
    ),
  };
}
