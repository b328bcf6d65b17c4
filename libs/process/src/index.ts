export { endWithFailure } from './end-with-failure.js';
export { runScript, script, standardOutput, type ScriptOutput, UsageError, wholeNumber } from './script.js';
export { freePorts, isReady, portToListenOn } from './ports.js';
export { findNats, isNatsReady, natsProcess } from './nats.js';
export { findNginx, nginxCommand } from './nginx.js';
export { findPython, type Python } from './python.js';
export {
  alertmanagerCommand,
  findMonitoring,
  type MonitoringPrograms,
  prometheusCommand,
} from './prometheus.js';
export { findVarnish, varnishArguments, varnishCommand } from './varnish.js';
export { OrphanReaper } from './orphan-reaper.js';
export { ProcessOutput } from './process-output.js';
export { StartQueue } from './start-queue.js';
export { type ProcessSpec, SupervisedProcess } from './supervised-process.js';
export { findPatroni, type PatroniPrograms } from './patroni/find-patroni.js';
export type { MemberAddresses, PatroniTuning } from './patroni/member-config.js';
export { PatroniCluster } from './patroni/patroni-cluster.js';
export type { PatroniMember } from './patroni/patroni-member.js';
