export { runScript, script, type ScriptOutput, UsageError, wholeNumber } from './script.js';
export { freePorts, isReady, portToListenOn } from './ports.js';
export { findNginx, nginxCommand } from './nginx.js';
export { OrphanReaper } from './orphan-reaper.js';
export { ProcessOutput } from './process-output.js';
export { type ProcessSpec, SupervisedProcess } from './supervised-process.js';
