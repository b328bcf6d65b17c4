import { globSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort, ShopProcess } from './shop.js';

/** The shop, however many processes it is. */
interface Shop {
  readonly stock: ShopProcess;
  readonly orders: ShopProcess;
}

const SEAM_SECRET = 'a secret of at least 16 characters';

const placements: Record<string, () => Promise<Shop>> = {
  before: async () => oneProcess('before'),
  'after, in one process': async () => oneProcess('after'),
  'after, in two processes': twoProcesses,
};

async function oneProcess(app: 'before' | 'after'): Promise<Shop> {
  const process = await start(app);
  return { stock: process, orders: process };
}

async function twoProcesses(): Promise<Shop> {
  const port = await freePort();
  const stock = await start('after', { MODULES: 'stock', SEAM_PORT: `${port}`, SEAM_SECRET });
  const orders = await start('after', {
    MODULES: 'orders',
    STOCK_ADDRESSES: `127.0.0.1:${port}`,
    SEAM_SECRET,
  });
  return { stock, orders };
}

const running: ShopProcess[] = [];
async function start(app: 'before' | 'after', env?: NodeJS.ProcessEnv): Promise<ShopProcess> {
  const process = await ShopProcess.start(app, env);
  running.push(process);
  return process;
}
afterEach(() => Promise.all(running.splice(0).map((each) => each.stop('SIGKILL'))));

const answer = async (response: Response) => [response.status, await response.json()] as const;
const get = async ({ url }: ShopProcess, path: string) => answer(await fetch(url + path));
const order = async ({ orders }: Shop, sku: string, quantity: number) =>
  answer(
    await fetch(`${orders.url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sku, quantity }),
    }),
  );

describe.each(Object.entries(placements))('the shop %s', (_, open) => {
  it('gives the same answers', async () => {
    const shop = await open();
    const answers = [
      await get(shop.stock, '/stock/lamp'),
      await order(shop, 'lamp', 2),
      await order(shop, 'lamp', 2),
      await order(shop, 'sofa', 1),
      await get(shop.stock, '/stock/lamp'),
      await get(shop.stock, '/stock/sofa'),
      await get(shop.orders, '/orders'),
    ];
    const placed = { id: 1, sku: 'lamp', quantity: 2, leftInStock: 1 };
    const noSofa = { statusCode: 404, error: 'Not Found', message: 'there is no sofa' };
    expect(answers).toEqual([
      [200, { sku: 'lamp', left: 3, restockedOn: '2026-01-05T00:00:00.000Z' }],
      [201, placed],
      [409, { statusCode: 409, error: 'Conflict', message: 'only 1 left of lamp' }],
      [404, noSofa],
      [200, { sku: 'lamp', left: 1, restockedOn: '2026-01-05T00:00:00.000Z' }],
      [404, noSofa],
      [200, [placed]],
    ]);
  });

  it('sells what is left once, however many ask at once', async () => {
    const shop = await open();
    const statuses = (await Promise.all(Array.from({ length: 20 }, () => order(shop, 'lamp', 1)))).map(
      ([status]) => status,
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(3);
    expect(statuses.filter((status) => status === 409)).toHaveLength(17);
  });

  it('ends on SIGTERM', async () => {
    const { stock, orders } = await open();
    // Nest's own shutdown hooks end with the signal that they were sent.
    expect([await orders.stop(), await stock.stop()]).toEqual(['SIGTERM', 'SIGTERM']);
  });
});

describe('two processes', () => {
  it('answer with 503 what needs the one that is gone, and the rest as ever', async () => {
    const shop = await twoProcesses();
    await order(shop, 'lamp', 1);
    await shop.stock.stop('SIGKILL');
    expect((await order(shop, 'lamp', 1))[0]).toBe(503);
    expect(await get(shop.orders, '/orders')).toMatchObject([200, [{ id: 1 }]]);
  });

  it('do not serve each other’s paths', async () => {
    const { stock, orders } = await twoProcesses();
    expect([(await get(stock, '/orders'))[0], (await get(orders, '/stock/lamp'))[0]]).toEqual([404, 404]);
  });
});

describe('the README', () => {
  const read = (file: string) => readFileSync(new URL(file, import.meta.url), 'utf8');
  const names = (app: string) => globSync('**/*.ts', { cwd: new URL(`${app}/`, import.meta.url) });
  const readme = read('README.md');
  const [, diff = ''] = /```diff\n([^]*?)```/.exec(readme) ?? [];
  const hunksOf = new Map(
    diff.split(/^(?=--- )/m).map((part) => {
      const [, file = ''] = /^[+]{3} after\/(.*)$/m.exec(part) ?? [];
      return [file, part.split(/^@@.*\n/m).slice(1)];
    }),
  );

  /** The lines of a hunk that one of its sides has. */
  const side = (hunk: string, other: '+' | '-') =>
    hunk
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith(other))
      .map((line) => `${line.slice(1)}\n`)
      .join('');

  /** A file of one application with the difference applied, forwards or in reverse. */
  const patched = (app: 'before' | 'after', file: string) => {
    const [from, to] = app === 'before' ? (['+', '-'] as const) : (['-', '+'] as const);
    const text = names(app).includes(file) ? read(`${app}/${file}`) : '';
    return (hunksOf.get(file) ?? []).reduce((rest, hunk) => {
      expect(rest).toContain(side(hunk, from));
      return rest.replace(side(hunk, from), () => side(hunk, to));
    }, text);
  };

  it.each([
    ['before', 'after'],
    ['after', 'before'],
  ] as const)('shows the whole difference: applied to %s, it gives %s', (from, to) => {
    for (const file of new Set([...names('before'), ...names('after')])) {
      const expected = names(to).includes(file) ? read(`${to}/${file}`) : '';
      expect([file, patched(from, file)]).toEqual([file, expected]);
    }
  });

  it('counts files and lines', () => {
    const lines = (sign: '+' | '-') =>
      [...hunksOf.values()].flat().flatMap((hunk) => hunk.split('\n').filter((line) => line.startsWith(sign)))
        .length;
    const stated = `${hunksOf.size} files differ, with ${lines('+')} lines added and ${lines('-')} removed`;
    expect(readme).toContain(stated);
  });
});
