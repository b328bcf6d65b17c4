import type { INestApplication } from '@nestjs/common';
import type { SeamServerOptions } from './remote/server/seam-server-options.js';
import { SeamModule } from './seam.module.js';

/** A server of a process, on which others call its contracts. */
export interface RunningSeamServer {
  /** The TCP port that it listens on. */
  readonly port: number;
  /**
   * Stops listening, asks callers to go elsewhere, and serves what is under way until they have hung up. Call it
   * before `app.close()`.
   * @param timeout milliseconds at most; 10,000 by default
   */
  drain(timeout?: number): Promise<void>;
}

/**
 * Offers the local contracts of an application, and nothing else, to other processes. The application is
 * initialised if it is not yet, so that nothing is served before its modules are ready.
 * @throws ContractError when the credential would authenticate any peer
 * @throws Error when the port is taken
 * @example const server = await seamServer(app, { port: 7001, credential: { secret } });
 */
export async function seamServer(
  app: INestApplication,
  options: SeamServerOptions,
): Promise<RunningSeamServer> {
  const { SeamServer } = await import('./remote/server/seam-server.js');
  await app.init();
  const { exposed, runtime } = app.get(SeamModule, { strict: false });
  const server = new SeamServer(options, exposed, runtime);
  const microservice = app.connectMicroservice({ strategy: server });
  await microservice.listen();
  return { port: server.address.port, drain: (timeout) => server.drain(timeout) };
}
