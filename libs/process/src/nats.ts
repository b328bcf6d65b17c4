import { connect } from 'node:net';
import { findProgram } from './find-program.js';

/** Returns the path of nats-server. @throws UsageError with the installation command when it is not in `PATH` */
export const findNats = (path = ''): Promise<string> =>
  findProgram('nats-server', path, '`apt install nats-server` (Debian, Ubuntu), or leave --observe out');

export interface NatsOptions {
  /** Path of its configuration, `docker/nats/nats.conf`. */
  readonly configuration: string;
  /** Folder of its streams. */
  readonly data: string;
  readonly port: number;
  /** Of the users that the configuration has. They begin with a letter: NATS takes other values for numbers. */
  readonly passwords: { readonly hosts: string; readonly store: string };
}

/** Returns what runs NATS in the foreground, on 127.0.0.1. */
export const natsProcess = (
  program: string,
  { configuration, data, port, passwords }: NatsOptions,
): { command: [program: string, ...args: string[]]; env: Record<string, string> } => ({
  command: [program, `--config=${configuration}`, '--addr=127.0.0.1', `--port=${port}`],
  env: { NATS_DATA: data, NATS_HOSTS_PASSWORD: passwords.hosts, NATS_STORE_PASSWORD: passwords.store },
});

/** Returns whether a NATS server answers on a port of 127.0.0.1. */
export function isNatsReady(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(3_000, () => resolve(false));
  socket.once('error', () => resolve(false));
  socket.once('close', () => resolve(false));
  socket.once('data', (data) => resolve(data.toString().startsWith('INFO')));
  return promise.finally(() => socket.destroy());
}
