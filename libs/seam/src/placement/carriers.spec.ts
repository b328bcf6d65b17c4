import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Module } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type Carrier,
  type ClientOf,
  contract,
  Implements,
  query,
  type SeamModuleOptions,
  type SeamObserver,
} from '../index.js';
import { Carriers } from '../call/carriers.js';
import { openApp, openCallee, openCaller, Watcher } from './apps.fixture.js';

const TenantContract = contract('tenant', { current: query({ output: z.string().nullable() }) });
type Tenants = ClientOf<typeof TenantContract>;

/** Another library's context. */
const tenant = new AsyncLocalStorage<string>();
const carrier: Carrier = {
  name: 'tenant',
  inject: () => tenant.getStore(),
  extract: (value, work) => tenant.run(value, work),
};

@Implements(TenantContract)
@Injectable()
class TenantService implements Tenants {
  async current() {
    await Promise.resolve();
    return tenant.getStore() ?? null;
  }
}
@Module({ providers: [TenantService] })
class TenantModule {}

type Seam = Partial<SeamModuleOptions>;

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function local(options: Seam = {}): Promise<Tenants> {
  const app = await openApp({ local: [TenantContract], ...options }, TenantModule);
  closing.push(() => app.close());
  return app.get<Tenants>(TenantContract.token);
}

async function remote(caller: Seam = {}, callee: Seam = caller): Promise<Tenants> {
  const answering = await openCallee({ local: [TenantContract], ...callee }, {}, TenantModule);
  const asking = await openCaller([answering.address], caller, {}, TenantContract);
  closing.push(asking.close, answering.close);
  return asking.client;
}

const places = {
  local: () => local({ carriers: [carrier] }),
  'local, checked': () => local({ carriers: [carrier], checked: true }),
  remote: () => remote({ carriers: [carrier] }),
};

describe.each(Object.entries(places))('the context of another library, %s', (_, open) => {
  it('goes with a call', async () => {
    const tenants = await open();
    expect(await tenant.run('acme', () => tenants.current())).toBe('acme');
    expect(await tenant.run('ümlaut "\\\n', () => tenants.current())).toBe('ümlaut "\\\n');
    expect(await tenant.run('', () => tenants.current())).toBe('');
  });

  it('is missing where the caller has none', async () => {
    const tenants = await open();
    expect(await tenants.current()).toBeNull();
  });

  it('belongs to one call among many', async () => {
    const tenants = await open();
    const names = Array.from({ length: 50 }, (_each, at) => `tenant ${at}`);
    expect(await Promise.all(names.map((name) => tenant.run(name, () => tenants.current())))).toEqual(names);
  });
});

it('checked mode shows that a carrier is missing', async () => {
  const [direct, checked] = [await local(), await local({ checked: true })];
  const seen = await tenant.run('acme', () => Promise.all([direct.current(), checked.current()]));
  expect(seen).toEqual(['acme', null]);
});

it('a host without a carrier of the name ignores the value', async () => {
  const other: Carrier = { ...carrier, name: 'to-string' };
  expect(
    await tenant.run('acme', async () => (await remote({ carriers: [other] }, {})).current()),
  ).toBeNull();
  const prototype: Carrier = { ...carrier, name: 'constructor' };
  expect(await (await remote({}, { carriers: [prototype] })).current()).toBeNull();
});

describe('a call ends with internal, and its cause is reported,', () => {
  const failing = (part: Partial<Carrier>) => {
    const observer = new Watcher();
    return { observer, carriers: [{ ...carrier, ...part }] } satisfies Seam;
  };

  it.each([
    ['too much to carry', { inject: () => 'x'.repeat(8193) }, 'makes 8193 characters, of at most 8192'],
    ['something else than text', { inject: () => 7 as unknown as string }, 'inject() returned a number'],
    [
      'a carrier that fails',
      {
        inject: () => {
          throw new Error('no tenant');
        },
      },
      'no tenant',
    ],
  ])('with %s', async (_, part, message) => {
    for (const open of [(options: Seam) => local({ ...options, checked: true }), remote]) {
      const options = failing(part);
      const tenants = await open(options);
      await expect(tenants.current()).rejects.toMatchObject({ code: 'internal' });
      expect(options.observer.errors[0]).toContain(message);
    }
  });

  it('with a carrier that refuses the value at the callee', async () => {
    const callee = failing({
      extract: () => {
        throw new Error('no such tenant');
      },
    });
    const tenants = await remote({ carriers: [carrier] }, callee);
    const call = tenant.run('acme', () => tenants.current());
    await expect(call).rejects.toMatchObject({ code: 'internal' });
    expect((callee.observer satisfies SeamObserver).errors).toEqual(['tenant.current: no such tenant']);
  });
});

it.each([
  [[{ ...carrier, name: 'Tenant Id' }], "carrier 'Tenant Id' is not kebab-case"],
  [[carrier, carrier], "two carriers are called 'tenant'"],
])('a wrong list of carriers stops the start', async (carriers, message) => {
  await expect(local({ carriers })).rejects.toThrow(message);
});

it.each([null, 'acme', 7, ['acme'], { tenant: 7 }, { tenant: null }])(
  '%j from a peer carries nothing',
  (carried) => {
    const seen = new Carriers([carrier]).extract(carried as never, () => tenant.getStore() ?? 'no tenant');
    expect(seen).toBe('no tenant');
  },
);
