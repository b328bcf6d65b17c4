import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moduleNames } from '@tearline/modules';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedUrl } from '../../libs/embedded/src/index.js';
import { Api } from '../support/api-client.js';
import { comment, favorite, follow, publish, register } from '../support/conduit.js';
import { type HostProcess, type RunningTopology, startTopology } from '../support/running-topology.js';
import { environmentOf, portsOf } from './processes.js';

/** Returns the sources of a file of the bundle. */
function sourcesOf(url: string): string[] {
  if (!url.includes('/dist/hosts/')) return [url];
  const map = `${fileURLToPath(url)}.map`;
  return existsSync(map) ? (JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] }).sources : [];
}

describe.each(['microservices', '--alone=articles'])('in the topology %s', (name) => {
  let folder: string;
  let topology: RunningTopology;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'isolation-'));
    chmodSync(folder, 0o755);
    const notes = fileURLToPath(new URL('note-loaded.ts', import.meta.url));
    topology = await startTopology(name, {
      dir: folder,
      env: {
        NODE_OPTIONS: `--import=${notes}`,
        LOADED_FILES: folder,
        ARTICLES_DATABASE_REPLICA_URLS: 'postgres://x',
      },
    });
    // Whatever is loaded or connected only when it is needed.
    const [author, fan] = [await register(new Api(topology.url)), await register(new Api(topology.url))];
    const { slug } = await publish(author, { tagList: ['a'] });
    await favorite(fan, slug);
    await follow(fan, author);
    await comment(fan, slug);
    await author.api.get('/docs-json');
  });
  afterAll(async () => {
    await topology.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const foreignTo = ({ modules }: HostProcess) => moduleNames.filter((module) => !modules.includes(module));

  it('a process loads the code of its own modules, and only the entry points and the settings of others', () => {
    for (const host of topology.hosts) {
      const loaded = readFileSync(join(folder, String(host.pid)), 'utf8')
        .split('\n')
        .flatMap(sourcesOf);
      const codeOf = (module: string) => loaded.filter((url) => url.includes(`/libs/modules/${module}/`));
      for (const module of host.modules) expect(codeOf(module).length).toBeGreaterThan(5);
      for (const module of foreignTo(host))
        for (const url of codeOf(module))
          expect(url).toMatch(/[/]src[/](index|contract|[\w-]+[.]settings)[.]ts$/);
    }
  });

  it('a process has the credentials of its own modules, and of what all share, and no others', () => {
    for (const host of topology.hosts) {
      const environment = environmentOf(host.pid);
      const credentials = Object.keys(environment).filter((key) =>
        /DATABASE.*_URLS?$|KEY|SECRET|PASSWORD/.test(key),
      );
      const own = host.modules.flatMap((module) => [
        `${module.toUpperCase()}_DATABASE_URL`,
        `${module.toUpperCase()}_DATABASE_REPLICA_URLS`,
        ...(module === 'identity' ? ['IDENTITY_SIGNING_KEY'] : []),
      ]);
      const isTalking = Object.keys(environment).some((key) => /^RPC_PORT$|_RPC_ADDRESSES$/.test(key));
      expect(credentials.toSorted()).toEqual(
        [
          ...own,
          'QUEUES_DATABASE_URL',
          'CONSISTENCY_SECRET',
          ...(isTalking ? ['RPC_SECRET'] : []),
        ].toSorted(),
      );
      for (const module of host.modules)
        expect(new URL(environment[`${module.toUpperCase()}_DATABASE_URL`]!).username).toBe(
          `tearline_${module}`,
        );
    }
  });

  it('the database sees a process as its own modules’ roles and the queues’ one alone', async () => {
    // Only a superuser sees the addresses of other connections.
    const url = new URL((await embeddedUrl(folder))!);
    const passwords = JSON.parse(readFileSync(join(folder, 'postgres/credentials.json'), 'utf8')) as {
      superuser: string;
    };
    const superuser = new pg.Client({
      user: 'postgres',
      password: passwords.superuser,
      port: Number(url.port),
      host: url.hostname,
    });
    await superuser.connect();
    const { rows } = await superuser.query<{ usename: string; client_port: number }>(
      'select usename, client_port from pg_stat_activity where client_port is not null and pid <> pg_backend_pid()',
    );
    await superuser.end();
    for (const host of topology.hosts) {
      const ports = new Set(portsOf(host.pid));
      const roles = rows.filter(({ client_port: port }) => ports.has(port)).map(({ usename }) => usename);
      expect([...new Set(roles)].toSorted()).toEqual(
        [...host.modules, 'queues'].map((name) => `tearline_${name}`).toSorted(),
      );
    }
  });

  it('every host describes its part of the API, and the front host all of it', async () => {
    const pathsAt = async (url: string) => {
      const { body } = await new Api(url).get<{ paths: Record<string, unknown> }>('/docs-json');
      return Object.keys(body.paths);
    };
    const parts = await Promise.all(topology.hosts.slice(1).map(({ url }) => pathsAt(url)));
    const whole = await pathsAt(topology.url);
    for (const part of parts) expect(whole).toEqual(expect.arrayContaining(part));
    expect(whole.length).toBeGreaterThan(parts.flat().length);
  });

  it('the landing page shows every host, its modules and that it is ready', async () => {
    const page = await (await fetch(topology.url)).text();
    for (const { modules } of topology.hosts)
      for (const module of modules) expect(page).toContain(`<b>${module}</b>`);
    expect(page.match(/class="state ready">ready</g)).toHaveLength(topology.hosts.length);
    expect(page).not.toContain('href="/metrics"');
  });
});
