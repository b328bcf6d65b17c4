import type { MigrationInterface } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { query, TestPostgres } from '../../../../test/support/postgres.js';
import { databaseUrls, migrate, readDeployment } from '../index.js';
import type { MigrateOptions } from '../migrate.js';

interface Database {
  ownerUrl: string;
  urls: Record<string, string>;
  migrate(options?: MigrateOptions): Promise<unknown>;
  read(): Promise<string>;
  keys(module: string): Promise<{ module: string; public_key: string; private_key: string | null }[]>;
}

const MODULES = ['shop', 'ledger'];

describe('the identity of a deployment', () => {
  const server = new TestPostgres();
  let original: Database;
  const databaseAt = (ownerUrl: string): Database => {
    const urls = databaseUrls(MODULES, {}, ownerUrl);
    const targets = MODULES.map((schema) => ({
      url: urls[schema]!,
      data: { schema, migrations: async (): Promise<(new () => MigrationInterface)[]> => [] },
    }));
    return {
      ownerUrl,
      urls,
      migrate: (options) => migrate(ownerUrl, targets, undefined, options),
      read: () => readDeployment(urls),
      keys: (module) => query(urls[module]!, `select * from ${module}.module_keys order by module`),
    };
  };
  const newDatabase = async () => databaseAt((await server.newDatabase()).ownerUrl);
  /** As a dump that is restored under another name. */
  const copyOf = async ({ ownerUrl }: Database) => {
    const { pathname } = new URL(ownerUrl);
    const copy = `${pathname.slice(1)}_copy`;
    const admin = Object.assign(new URL(ownerUrl), { pathname: 'tearline' }).href;
    await query(admin, `create database ${copy} template ${pathname.slice(1)}`);
    return databaseAt(Object.assign(new URL(ownerUrl), { pathname: copy }).href);
  };

  beforeAll(() => server.start());
  afterAll(() => server.stop());
  beforeEach(async () => {
    original = await newDatabase();
    await original.migrate();
  });

  it('is the same for all modules, stays, and differs from that of another database', async () => {
    const id = await original.read();
    await original.migrate();
    expect(await original.read()).toBe(id);
    const other = await newDatabase();
    await other.migrate();
    expect(await other.read()).not.toBe(id);
  });

  it('comes with a key for each module, which the module alone has', async () => {
    const [shop, ledger] = await Promise.all(MODULES.map((module) => original.keys(module)));
    expect(shop!.map(({ module }) => module)).toEqual(['ledger', 'shop']);
    expect(shop!.map((key) => key.private_key !== null)).toEqual([false, true]);
    expect(ledger!.map((key) => key.private_key !== null)).toEqual([true, false]);
    expect(shop!.map((key) => key.public_key)).toEqual(ledger!.map((key) => key.public_key));
    await original.migrate();
    expect(await original.keys('shop')).toEqual(shop);
    await original.migrate({ deployment: 'new-keys' });
    expect((await original.keys('shop')).map((key) => key.public_key)).not.toEqual(
      shop!.map((key) => key.public_key),
    );
  });

  it('cannot be changed by the role of a module', async () => {
    for (const sql of ["update shop.deployment set id = 'x'", 'delete from shop.module_keys'])
      await expect(query(original.urls['shop']!, sql)).rejects.toThrow('permission denied');
  });

  it('of a copy is refused until the operator decides whose it is', async () => {
    const id = await original.read();
    const copy = await copyOf(original);
    await expect(readDeployment({ shop: copy.ownerUrl })).rejects.toThrow(
      `is a copy of that of deployment ${id}`,
    );
    await expect(copy.migrate()).rejects.toThrow(
      /is a copy of 'test_\d+' of server \d+, with the identity of deployment .* --new-deployment.*--keep-deployment/,
    );
    await copy.migrate({ deployment: 'new' });
    expect(await copy.read()).not.toBe(id);
    expect(await copy.keys('shop')).not.toEqual(await original.keys('shop'));
    expect(await original.read()).toBe(id);
  });

  it('of a copy that takes the place of the original stays', async () => {
    const copy = await copyOf(original);
    await copy.migrate({ deployment: 'keep' });
    await copy.migrate();
    expect(await copy.read()).toBe(await original.read());
    expect(await copy.keys('shop')).toEqual(await original.keys('shop'));
  });

  it('is read from a replica while the primary is away', async () => {
    const replicas = { shop: [original.urls['shop']!] };
    const away = { shop: 'postgres://shop:x@127.0.0.1:1/tearline' };
    expect(await readDeployment(away, replicas)).toBe(await original.read());
  });

  it('is shared by modules on several servers, and refused where they differ', async () => {
    const second = await newDatabase();
    await second.migrate();
    const split = { shop: original.urls['shop']!, ledger: second.urls['ledger']! };
    await expect(readDeployment(split)).rejects.toThrow(
      /belong to different deployments: that of 'shop' to \w+, that of 'ledger' to \w+.*DEPLOYMENT_DATABASE_URL/,
    );
    await expect(second.migrate({ deploymentUrl: original.ownerUrl })).rejects.toThrow(
      /DEPLOYMENT_DATABASE_URL: expected a database of deployment/,
    );
    const third = await newDatabase();
    await third.migrate({ deploymentUrl: original.ownerUrl });
    expect(await readDeployment({ ...split, ledger: third.urls['ledger']! })).toBe(await original.read());
    expect(await third.keys('ledger')).toEqual(await original.keys('ledger'));
    await third.migrate();
    expect(await third.keys('ledger')).toEqual(await original.keys('ledger'));
  });

  it('is asked for by name before the first migration', async () => {
    const empty = await newDatabase();
    await expect(readDeployment({ shop: empty.ownerUrl })).rejects.toThrow(
      "the database of 'shop' is not up to date: run `npm run migrate`",
    );
  });
});
