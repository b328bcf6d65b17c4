/**
 * Preloaded into each host of `--watch`: its servers share their ports with the process that they replace, and the runner
 * learns when HTTP listens. The operating system gives new connections to either process until the old one stops listening.
 */
import { Server as HttpServer } from 'node:http';
import { type ListenOptions, Server } from 'node:net';

type Listen = (this: Server, options: ListenOptions, ...rest: unknown[]) => Server;

const listen = Reflect.get(Server.prototype, 'listen') as Listen;
Server.prototype.listen = function shareListen(this: Server, first: unknown, ...rest: unknown[]): Server {
  const [host, ...others] = typeof rest[0] === 'string' ? rest : [undefined, ...rest];
  const options = typeof first === 'object' ? (first as ListenOptions) : { port: Number(first), host };
  if (this instanceof HttpServer) this.once('listening', () => process.send?.('listening'));
  return listen.call(this, { ...options, reusePort: true } as ListenOptions, ...others);
} as Server['listen'];
