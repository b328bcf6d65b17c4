import { findProgram } from './find-program.js';
import { UsageError } from './script.js';

const INSTALLATION =
  '`apt install prometheus prometheus-alertmanager` (Debian, Ubuntu), or leave --observe out';

export interface MonitoringPrograms {
  readonly prometheus: string;
  readonly alertmanager: string;
}

/** Returns the paths of Prometheus and Alertmanager. @throws UsageError with the installation command when one is not in `PATH` */
export async function findMonitoring(path = ''): Promise<MonitoringPrograms> {
  const prometheus = await findProgram('prometheus', path, INSTALLATION);
  // Debian's name for it, then its own.
  const alertmanager = await findProgram('prometheus-alertmanager', path, INSTALLATION).catch(
    (error: unknown) => {
      if (!(error instanceof UsageError)) throw error;
      return findProgram('alertmanager', path, INSTALLATION);
    },
  );
  return { prometheus, alertmanager };
}

export interface PrometheusFolder {
  /** Path of its configuration. */
  readonly configuration: string;
  /** Folder of its data. */
  readonly data: string;
  /** `host:port`. */
  readonly listen: string;
}

/** Returns the command that runs Prometheus in the foreground. */
export const prometheusCommand = (
  program: string,
  { configuration, data, listen }: PrometheusFolder,
): [program: string, ...args: string[]] => [
  program,
  `--config.file=${configuration}`,
  `--storage.tsdb.path=${data}`,
  `--web.listen-address=${listen}`,
  '--enable-feature=exemplar-storage',
  '--log.level=warn',
];

/** Returns the command that runs Alertmanager in the foreground, alone. */
export const alertmanagerCommand = (
  program: string,
  { configuration, data, listen }: PrometheusFolder,
): [program: string, ...args: string[]] => [
  program,
  `--config.file=${configuration}`,
  `--storage.path=${data}`,
  `--web.listen-address=${listen}`,
  // No cluster, and no port for it.
  '--cluster.listen-address=',
  '--log.level=warn',
];
