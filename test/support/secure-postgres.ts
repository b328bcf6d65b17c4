import { appendFile, chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedPostgres } from '@tearline/embedded';
import { startPostgres } from './postgres.js';
import { privateCa } from './private-ca.js';

/** A PostgreSQL that accepts connections of ordinary roles with TLS and over a Unix socket only. */
export interface SecurePostgres extends EmbeddedPostgres {
  /** The owner's URL with TLS; the server's certificate is verified. */
  readonly tlsUrl: string;
  /** The owner's URL with the folder of the socket as its host. */
  readonly socketUrl: string;
}

/** Starts a private PostgreSQL with a certificate for `localhost`. */
export async function startSecurePostgres(settings: Record<string, string> = {}): Promise<SecurePostgres> {
  const dir = await mkdtemp(join(tmpdir(), 'tearline-tls-'));
  await chmod(dir, 0o777);
  const database = await startPostgres({ settings: { ...settings, unix_socket_directories: dir } });
  const { data } = database.server.options.paths;
  const { uid, gid } = await stat(data);
  const authority = privateCa();
  for (const [name, text] of Object.entries({ ...authority.issue('localhost'), ca: authority.ca })) {
    const path = join(dir, `${name}.pem`);
    await writeFile(path, text, { mode: 0o600 });
    await chown(path, uid, gid);
  }
  await writeFile(
    join(data, 'pg_hba.conf'),
    ['local all all', 'host all postgres 127.0.0.1/32', 'hostssl all all 127.0.0.1/32']
      .map((rule) => `${rule} scram-sha-256\n`)
      .join(''),
  );
  await appendFile(
    join(data, 'postgresql.conf'),
    `ssl = on\nssl_cert_file = '${dir}/cert.pem'\nssl_key_file = '${dir}/key.pem'\n`,
  );
  await database.server.stop();
  await database.server.start();

  const tlsUrl = Object.assign(new URL(database.url), { hostname: 'localhost' });
  tlsUrl.search = `?sslmode=verify-full&sslrootcert=${join(dir, 'ca.pem')}`;
  const socketUrl = database.url.replace('127.0.0.1', encodeURIComponent(dir));
  const stop = async () => {
    await database.stop();
    await rm(dir, { recursive: true, force: true });
  };
  return { ...database, tlsUrl: tlsUrl.href, socketUrl, stop };
}
