import type { INestApplication } from '@nestjs/common';
import { portVariable, variable } from './composition/environment.js';
import { checkCredential } from './remote/credential.js';
import type { SeamServerOptions } from './remote/server/seam-server-options.js';
import { withMicroservices } from './remote/with-microservices.js';
import { SeamModule } from './seam.module.js';

/** A server of a process, on which others call its contracts. */
export interface RunningSeamServer {
  /** The TCP port that it listens on. */
  readonly port: number;
  /**
   * Stops listening, asks callers to go elsewhere, and serves what is under way until they have hung up. `app.close()` does so
   * after the hooks `onModuleDestroy`; call it before where those end what a call needs.
   * @param timeout milliseconds at most; 10,000 by default
   */
  drain(timeout?: number): Promise<void>;
}

/**
 * Offers the local contracts of an application, and nothing else, to other processes. The application is
 * initialised if it is not yet, so that nothing is served before its modules are ready. `app.close()` drains the server.
 * @param options the port and the address are those in `SEAM_PORT` and `SEAM_HOST` by default, the credential that of `SeamModule`
 * @returns undefined when there is neither a port nor `SEAM_PORT`: then no other process calls this one
 * @throws ContractError when the credential would authenticate any peer
 * @throws Error when the port is taken
 * @example const server = await seamServer(app, { port: 7001, credential: { secret } });
 */
export async function seamServer(
  app: INestApplication,
  options: Partial<SeamServerOptions> & { port: number },
): Promise<RunningSeamServer>;
export async function seamServer(
  app: INestApplication,
  options?: Partial<SeamServerOptions>,
): Promise<RunningSeamServer | undefined>;
export async function seamServer(
  app: INestApplication,
  { port = portVariable('SEAM_PORT'), ...options }: Partial<SeamServerOptions> = {},
): Promise<RunningSeamServer | undefined> {
  if (port === undefined) return undefined;
  const { SeamServer } = await withMicroservices(() => import('./remote/server/seam-server.js'));
  await app.init();
  const module = app.get(SeamModule, { strict: false });
  const host = options.host ?? variable('SEAM_HOST');
  const credential = checkCredential(options.credential ?? module.options.credential);
  const settings = { ...options, port, credential, ...(host !== undefined && { host }) };
  const server = new SeamServer(settings, module.exposed, module.runtime);
  const microservice = app.connectMicroservice({ strategy: server });
  await microservice.listen();
  return { port: server.address.port, drain: (timeout) => server.drain(timeout) };
}
