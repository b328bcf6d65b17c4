import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { contract, event, type ModuleManifest, query } from '@tearline/seam';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { exportContract } from './contracts/export-contract.ts';
import { differencesOf } from './contracts/files.ts';
import { pythonTypes } from './contracts/python-types.ts';

const Sold = event('stock/sold', { payload: z.object({ id: z.int() }) });
const manifestWith = (output: z.ZodType): ModuleManifest => ({
  name: 'stock',
  contract: contract('stock', {
    byId: query({
      input: z.object({ id: z.int(), since: z.date().optional() }),
      output,
      errors: ['stock/gone'],
    }),
  }),
  uses: [],
  publishes: [Sold],
  routes: [],
  load: async () => class {},
});
const Item = z.object({ name: z.string().nullable() });
const subscriber = { ...manifestWith(Item), name: 'copies', publishes: [], subscribes: [Sold] };

describe('an exported contract', () => {
  const exported = exportContract(manifestWith(Item.nullable()), [subscriber]);

  it('has the schemas of the wire, open objects, errors and subscribers', () => {
    expect(exported.methods['byId']).toMatchObject({
      kind: 'query',
      input: {
        properties: { since: { type: 'object', required: ['$date'] } },
        required: ['id'],
      },
      errors: { 'stock/gone': {} },
      shape: { input: { type: 'object', fields: { since: { shape: { type: 'Date' }, optional: true } } } },
    });
    expect(JSON.stringify(exported)).not.toContain('additionalProperties');
    expect(exported.events).toMatchObject({ 'stock/sold': { version: 1, subscribers: ['copies'] } });
  });

  it('has a version of its own exactly if something changes', () => {
    expect(exportContract(manifestWith(Item.nullable()), [subscriber]).version).toBe(exported.version);
    expect(exportContract(manifestWith(Item), [subscriber]).version).not.toBe(exported.version);
    expect(exportContract(manifestWith(Item.nullable()), []).version).not.toBe(exported.version);
  });

  it('becomes Python types, a client and a handler', () => {
    const source = pythonTypes(exported, [exported]);
    expect(source).toContain('class ByIdOutput(TypedDict):\n    name: Optional[str]\n');
    expect(source).toContain('async def by_id(self, value: ByIdInput) -> Optional[ByIdOutput]:');
    expect(source).toContain('class StockHandler(Protocol):');
    expect(source).toContain('"stock/sold": (1, ["copies"]),');
  });
});

describe('the files of contracts', () => {
  let root: string;
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'contracts-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  it('differ when one is missing, another, or left over', () => {
    write('contracts/stock/contract.json', 'old');
    write('contracts/gone/contract.json', '{}');
    const files = new Map([
      ['contracts/stock/contract.json', 'new'],
      ['contracts/stock/openapi.json', '{}'],
    ]);
    expect(differencesOf(files, root)).toEqual([
      'contracts/stock/contract.json is not what the code says',
      'contracts/stock/openapi.json is missing',
      'contracts/gone/contract.json belongs to no contract',
    ]);
  });

  it('do not differ when they are those of the code', () => {
    write('contracts/stock/contract.json', '{}');
    expect(differencesOf(new Map([['contracts/stock/contract.json', '{}']]), root)).toEqual([]);
  });
});
