// Answers the probe contract in a process of its own; drains on SIGTERM as a host does.
import 'reflect-metadata';
import { type ListenOptions, Server } from 'node:net';
import { openCallee, Watcher } from './apps.fixture.js';
import type { CalleeOptions } from './forked-callee.fixture.js';

const send = (message: object) => process.send?.(message);

const watcher = new Watcher();
watcher.errors.push = (...errors: string[]) => {
  send({ errors });
  return errors.length;
};
const { port = 0, sharesPort, server = {} } = JSON.parse(process.argv[2] ?? '{}') as CalleeOptions;
if (sharesPort) {
  type Listen = (this: Server, options: ListenOptions, ...rest: unknown[]) => Server;
  const listen = Reflect.get(Server.prototype, 'listen') as Listen;
  Server.prototype.listen = function (this: Server, at: number, host: string, ...rest: unknown[]) {
    return listen.call(this, { port: at, host, reusePort: true }, ...rest);
  } as Server['listen'];
}
const callee = await openCallee({ observer: watcher }, { port, ...server });

process.once('SIGTERM', () => {
  const end = async () => {
    await callee.server.drain();
    await callee.close();
    process.exit(0);
  };
  void end();
});
process.on('message', () => send({ rss: process.memoryUsage.rss() }));
// The parent process has ended.
process.once('disconnect', () => process.exit(0));
send({ address: callee.address });
