import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { databases } from './databases.js';
import { moduleDashboard } from './module.js';
import { overview } from './overview.js';
import { processDashboard } from './process.js';
import { queues } from './queues.js';
import { seams } from './seams.js';

/** Returns the dashboards of Grafana. */
export const dashboards = (): Dashboard[] =>
  [overview, moduleDashboard, seams, queues, databases, processDashboard].map((make) => make().build());
