import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { logStoreSettings } from '@tearline/logs';
import { freePorts, isNatsReady, natsProcess, type ProcessSpec } from '@tearline/process';
import { type Environment, givenText, isSet } from '@tearline/settings';

const SERVE = fileURLToPath(new URL('../../logs/src/main.js', import.meta.url));
/** The users of the stream and their rights; the same as in containers. */
const CONFIGURATION = fileURLToPath(new URL('../../../../docker/nats/nats.conf', import.meta.url));
/** Time to store what the hosts have sent last. */
const STOP_TIMEOUT_MS = 20_000;

/** The stream and the store of the log of a run. */
export interface LogStore {
  /** Folder of the store. */
  readonly dir: string;
  /** What hosts need to send their lines. */
  readonly env: Environment;
  /** They start before the hosts, and stop after them, the last one first. */
  readonly specs: readonly ProcessSpec[];
}

interface LogStoreOptions {
  /** Path of nats-server. */
  readonly nats: string;
  /** Takes the lines on their way, and ends with the run. */
  readonly folder: string;
  /** Takes the store, which stays, unless `env` names another folder. */
  readonly dir: string;
  readonly env: Environment;
}

/** Chooses the address of the stream, its credentials and the folder of the store. */
export async function prepareLogStore({ nats, folder, dir, env }: LogStoreOptions): Promise<LogStore> {
  const [port = 0] = await freePorts(1);
  const passwords = { hosts: password(), store: password() };
  const urlFor = (user: 'hosts' | 'store') => `nats://${user}:${passwords[user]}@127.0.0.1:${port}`;
  const logsDir = resolve(givenText('LOGS_DIR', env) || join(dir, 'logs'));
  const data = join(folder, 'nats');
  const stream: ProcessSpec = {
    name: 'nats',
    ...natsProcess(nats, { configuration: CONFIGURATION, data, port, passwords }),
    isReady: () => isNatsReady(port),
    stopSignal: 'SIGTERM',
  };
  const settings = Object.keys(logStoreSettings).filter((name) => isSet(name, env));
  const store: ProcessSpec = {
    name: 'logs',
    command: [process.execPath, SERVE, 'serve'],
    env: {
      PATH: env['PATH'],
      ...Object.fromEntries(settings.map((name) => [name, givenText(name, env)])),
      LOGS_DIR: logsDir,
      LOGS_URL: urlFor('store'),
    },
    // It connects again by itself, and lines wait for it in the stream.
    isReady: async () => true,
    stopSignal: 'SIGTERM',
    stopTimeout: STOP_TIMEOUT_MS,
  };
  return {
    dir: logsDir,
    env: { LOGS_URL: urlFor('hosts'), LOGS_SPOOL_DIR: join(folder, 'spool') },
    specs: [stream, store],
  };
}

const password = () => `p${randomBytes(24).toString('base64url')}`;
