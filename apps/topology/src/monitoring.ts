import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { grafanaFiles, prometheusConfig, rulesFile } from '@tearline/monitoring';
import {
  alertmanagerCommand,
  freePorts,
  isReady,
  type MonitoringPrograms,
  type ProcessSpec,
  prometheusCommand,
} from '@tearline/process';
import type { Environment } from '@tearline/settings';
import type { Topology } from '@tearline/topology';
import { stringify } from 'yaml';
import { addressesOf, type Replica } from './addresses.js';

/** Where alerts go; the same as in containers. */
const RECEIVERS = fileURLToPath(
  new URL('../../../../docker/alertmanager/alertmanager.yaml', import.meta.url),
);

/** Prometheus and Alertmanager of a run. */
export interface Monitoring {
  /** `host:port` of each. */
  readonly prometheus: string;
  readonly alertmanager: string;
  /** Folder with the data source and the dashboards for a Grafana. */
  readonly grafana: string;
  readonly specs: readonly ProcessSpec[];
}

interface MonitoringOptions {
  readonly programs: MonitoringPrograms;
  /** Ends with the run. */
  readonly folder: string;
  /** Takes the files for Grafana, which stay. */
  readonly dir: string;
  readonly topology: Topology;
  readonly replicas: readonly Replica[];
  readonly env: Environment;
}

/** Chooses their addresses, and writes their configurations and the files for Grafana. */
export async function prepareMonitoring({
  programs,
  folder,
  dir,
  topology,
  replicas,
  env,
}: MonitoringOptions): Promise<Monitoring> {
  const [prometheus = '', alertmanager = ''] = (await freePorts(2)).map((port) => `127.0.0.1:${port}`);
  const grafana = resolve(dir, 'grafana');
  const names = topology.hosts.map(({ name }) => name);
  const targets = names.map((name) => ({
    targets: addressesOf(replicas, name, 'http'),
    labels: { host: name },
  }));
  const [rules, configuration] = [join(folder, 'rules.yaml'), join(folder, 'prometheus.yaml')];
  await writeFile(rules, stringify(rulesFile(names)));
  await writeFile(
    configuration,
    stringify(prometheusConfig({ hosts: { static_configs: targets }, rules, alertmanager })),
  );
  for (const [name, text] of Object.entries(grafanaFiles(`http://${prometheus}`, grafana))) {
    await mkdir(dirname(join(grafana, name)), { recursive: true });
    await writeFile(join(grafana, name), text);
  }
  const spec = (name: string, listen: string, command: ProcessSpec['command']): ProcessSpec => ({
    name,
    command,
    env: { PATH: env['PATH'] },
    isReady: () => isReady(`http://${listen}`, '/-/ready'),
    stopSignal: 'SIGTERM',
  });
  const alertmanagerProgram = alertmanagerCommand(programs.alertmanager, {
    configuration: RECEIVERS,
    data: join(folder, 'alertmanager'),
    listen: alertmanager,
  });
  const prometheusProgram = prometheusCommand(programs.prometheus, {
    configuration,
    data: join(folder, 'prometheus'),
    listen: prometheus,
  });
  return {
    prometheus,
    alertmanager,
    grafana,
    specs: [
      spec('alertmanager', alertmanager, alertmanagerProgram),
      spec('prometheus', prometheus, prometheusProgram),
    ],
  };
}
