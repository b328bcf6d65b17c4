import { type Alert, type RecordingRule, runbookOf } from './alert.js';
import { databaseAlerts } from './databases.js';
import { errorBudgetAlerts, errorRatios } from './error-budget.js';
import { eventAlerts } from './events.js';
import { expectedHosts, hostAlerts } from './hosts.js';
import { redisAlerts } from './redis.js';
import { seamAlerts } from './seams.js';

/** All alerts, by the name of their group. */
const groups: Readonly<Record<string, readonly Alert[]>> = {
  'error-budget': errorBudgetAlerts,
  hosts: hostAlerts,
  seams: seamAlerts,
  databases: databaseAlerts,
  events: eventAlerts,
  redis: redisAlerts,
};

export const alerts: readonly Alert[] = Object.values(groups).flat();

/**
 * Returns the rules of Prometheus: recorded series, then the alerts that read them.
 * @param hosts names of the hosts of the topology
 */
export function rulesFile(hosts: readonly string[]): object {
  const recorded: Readonly<Record<string, readonly RecordingRule[]>> = {
    hosts: expectedHosts(hosts),
    'error-budget': errorRatios,
  };
  return {
    groups: Object.entries(groups).map(([name, own]) => ({
      name,
      rules: [...(recorded[name] ?? []), ...own.map(alertRule)],
    })),
  };
}

const alertRule = (alert: Alert) => ({
  alert: alert.name,
  expr: alert.expr,
  for: alert.for,
  labels: { severity: alert.severity },
  annotations: { summary: alert.summary, runbook: runbookOf(alert) },
});
