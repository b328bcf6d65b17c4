// One process of the sample modules: a host or a worker.
import 'reflect-metadata';
import './fault-injection.js';
import { createHost, hostSettings } from '@tearline/host';
import { readSettings } from '@tearline/settings';
import { DatabaseModule } from '@tearline/database';
import { EventsModule, type EventsOptions } from '@tearline/events';
import type { Role } from '../injection-points.js';
import { copies, ledger } from './manifests.js';

/** First argument of the process, as JSON. */
export interface ProcessOptions {
  role: Role;
  urls: Readonly<Record<string, string>>;
  broker: EventsOptions['broker'];
}

// The parent process has ended.
process.once('disconnect', () => process.exit(0));

const { role, urls, broker } = JSON.parse(process.argv[2]!) as ProcessOptions;
const modules = role === 'host' ? [ledger] : [ledger, copies];
const settings = readSettings(hostSettings, {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  PORT: '0',
  LOG_FORMAT: 'json',
  LOG_LEVEL: 'info',
});
const app = await createHost({
  modules,
  imports: [
    DatabaseModule.forRoot({ urls: Object.fromEntries(modules.map(({ name }) => [name, urls[name]!])) }),
    EventsModule.forRoot({ broker, manifests: [ledger, copies], isWorker: role !== 'host' }),
  ],
  settings,
});
await app.listen(0, '127.0.0.1');
process.send!({ url: (await app.getUrl()).replace('[::1]', '127.0.0.1') });
