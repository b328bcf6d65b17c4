import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogStore } from '../support/log-store.js';
import { NatsServer } from '../support/nats.js';
import { type RunningApp, startApp } from '../support/running-app.js';

const WAIT = { timeout: 60_000, interval: 200 };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SECRET = 's3cret';

let nats: NatsServer;
let store: LogStore;
let spool: string;
let app: RunningApp;

beforeAll(async () => {
  nats = new NatsServer();
  await nats.start();
  store = await LogStore.create(nats.url('store'));
  await store.start();
  spool = await mkdtemp(join(tmpdir(), 'tearline-spool-'));
  app = await startApp({
    entry: 'dist/hosts/monolith.js',
    env: { LOGS_URL: nats.url('hosts'), LOGS_SPOOL_DIR: spool, LOG_LEVEL: 'debug' },
  });
});
afterAll(async () => {
  await app?.stop();
  await store?.remove();
  await nats?.stop();
  await rm(spool, { recursive: true, force: true });
});

describe('a host with LOGS_URL', () => {
  it('has the lines of a request in the store and in standard output', async () => {
    const headers = { traceparent: `00-${TRACE}-b7ad6b7169203331-01`, 'x-request-id': 'from-the-client' };
    await fetch(`${app.url}/api/articles?limit=1`, { headers });
    await expect
      .poll(async () => (await store.search('--trace', TRACE)).printed, WAIT)
      .toContain('/api/articles');
    const { printed } = await store.search('--json', '--request', 'from-the-client', '--module', 'articles');
    const line = JSON.parse(printed) as Record<string, unknown>;
    expect(line).toMatchObject({
      service: 'tearline',
      msg: 'request',
      status: 200,
      sequence: expect.any(Number),
    });
    const { process: _process, sequence: _sequence, service: _service, ...fields } = line;
    expect(app.logs()).toContain(JSON.stringify(fields));
  });

  it('lets no password, token or cookie out of the process', async () => {
    const body = JSON.stringify({ user: { email: 'a@example.com', password: `${SECRET}-password` } });
    const headers = {
      'content-type': 'application/json',
      authorization: `Token ${SECRET}-token`,
      cookie: `session=${SECRET}-cookie`,
    };
    await fetch(`${app.url}/api/users/login`, { method: 'POST', headers, body });
    await fetch(`${app.url}/api/articles?token=${SECRET}-query&password=${SECRET}-too`, {
      headers: { ...headers, 'x-request-id': 'with-secrets' },
    });
    await expect
      .poll(async () => (await store.search('--request', 'with-secrets')).printed, WAIT)
      .toContain('[redacted]');
    expect((await store.search('--since', '1h', '--limit', '100000', '--json')).printed).not.toContain(
      SECRET,
    );
    for (const folder of [spool, nats.dataDir]) expect(await textIn(folder)).not.toContain(SECRET);
  });

  it('counts what it drops', async () => {
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toMatch(/^log_stream_lines_dropped_total 0$/m);
    expect(metrics).toMatch(/^log_spool_bytes \d+$/m);
    expect(metrics).toMatch(/^log_stream_up 1$/m);
  });

  it('has its last line in the store', async () => {
    await app.stop();
    await expect.poll(async () => (await store.search('--json')).printed, WAIT).toContain('"msg":"closing"');
    expect(await readdir(spool)).toEqual([]);
  });
});

it('a host whose spool cannot be written does not start', async () => {
  const env = { LOGS_URL: nats.url('hosts'), LOGS_SPOOL_DIR: '/dev/null/spool' };
  await expect(startApp({ env })).rejects.toThrow(/LOGS_SPOOL_DIR: .* cannot be written \(ENOTDIR\)/);
});

async function textIn(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    files
      .filter((file) => file.isFile())
      .map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')),
  );
  return texts.join('\n');
}
