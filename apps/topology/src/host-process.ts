import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isReady, type ProcessOutput, type ProcessSpec } from '@tearline/process';
import type { Environment } from '@tearline/settings';
import { nameOf, type Replica } from './addresses.js';
import { hostEnvironment, type Run } from './host-environment.js';
import { CAN_SHARE_PORTS, SHARE_PORTS } from './watch.js';

const SERVICE = fileURLToPath(new URL('../../service/src/main.js', import.meta.url));
/** The same in a few files, which start faster; a build without a bundle has none. */
const BUNDLED_SERVICE = fileURLToPath(new URL('../../../hosts/service.js', import.meta.url));

interface HostProcessOptions {
  /** What the runner was given. */
  readonly env: Environment;
  /** Of the log. */
  readonly format: ProcessOutput['format'];
  /** Whether the process is replaced when a source changes. */
  readonly watch: boolean;
  /** Milliseconds. */
  readonly stopTimeout: number;
}

/** Returns one process of a host, in Node.js or in Python. */
export function hostProcess(
  replica: Replica,
  run: Run,
  { env, format, watch, stopTimeout }: HostProcessOptions,
): ProcessSpec {
  const { host } = replica;
  const python = host.runtime === 'fastapi' ? run.python : undefined;
  const [module = ''] = host.modules;
  const canOverlap = !python && watch && CAN_SHARE_PORTS;
  // With `watch` each file is built by itself.
  const program = !watch && existsSync(BUNDLED_SERVICE) ? BUNDLED_SERVICE : SERVICE;
  return {
    name: nameOf(replica),
    command: python?.command(module) ?? [
      process.execPath,
      // A report of a fatal error would have passwords otherwise.
      '--report-exclude-env',
      ...(canOverlap ? ['--import', SHARE_PORTS] : []),
      program,
    ],
    canOverlap,
    // One replica of each host first: then every path answers.
    startOrder: replica.number,
    env: {
      ...hostEnvironment(replica, run, env),
      LOG_FORMAT: format,
      ...python?.env(module, env['PYTHONPATH']),
    },
    isReady: () => isReady(`http://127.0.0.1:${replica.httpPort}`),
    stopSignal: 'SIGTERM',
    stopTimeout,
  };
}
