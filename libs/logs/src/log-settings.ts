import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { numberSetting, pathSetting, urlSetting } from '@tearline/settings';
import { z } from 'zod';

const url = urlSetting({
  example: 'nats://user:password@host:4222',
  schemes: ['nats', 'tls'],
  check: ({ username, password, pathname, search }) => {
    if (username !== '' && password === '') return 'it has a user without a password';
    return pathname.replace('/', '') + search === '' ? undefined : 'it has a path or a query';
  },
});

/** Settings of a host that sends its log through a stream. */
export const logStreamSettings = {
  LOGS_URL: url.optional().meta({
    description:
      'NATS server with JetStream that gets the lines of the [log](logs.md), beside standard output: `nats://user:password@host:4222`, with TLS `tls://…`; several hosts are separated by commas',
    secret: true,
  }),
  LOGS_SPOOL_DIR: pathSetting().default(join(tmpdir(), 'tearline-logs')).meta({
    description: 'folder of the lines that the stream has not taken yet; all hosts of a machine may share it',
    defaultText: '`tearline-logs` in the folder of temporary files',
  }),
  LOGS_SPOOL_MIB: numberSetting(1, 1_048_576)
    .default(256)
    .meta({ description: 'size that this folder may reach, in MiB; further lines are dropped and counted' }),
};

/** Settings of the store of the log, `npm run logs`, which needs `LOGS_URL` too. */
export const logStoreSettings = {
  LOGS_DIR: pathSetting()
    .default(fileURLToPath(new URL('../../../.tearline/logs', import.meta.url)))
    .meta({ description: 'folder of the store', defaultText: '`.tearline/logs` in the repository' }),
  LOGS_RETENTION_DAYS: numberSetting(1, 3_650)
    .default(14)
    .meta({ description: 'days after which lines are deleted from the store' }),
  LOGS_RETENTION_MIB: numberSetting(1, 104_857_600)
    .default(10_240)
    .meta({ description: 'size that the store may reach, in MiB; the oldest lines are deleted' }),
  LOGS_STREAM_MIB: numberSetting(1, 1_048_576).default(1_024).meta({
    description:
      'size that the stream may reach on the disk of the NATS server, in MiB, while the store is away; then lines stay in the spools of the hosts',
  }),
};

/** The values of {@link logStoreSettings}. */
export type LogStoreSettings = z.output<z.ZodObject<typeof logStoreSettings>>;
