import { describe, expect, it } from 'vitest';
import { nginxConfig } from './index.js';
import { routingTable } from './routing-table.js';
import { manifest, shop, topologyOf } from './sample-manifests.fixture.js';
import { rawPathRegex } from './nginx/path-regex.js';

const split = topologyOf({
  app: '{ modules: [users, follows] }',
  items: '{ modules: [items] }',
  reviews: '{ modules: [reviews] }',
});
const table = routingTable(split, shop);
const moduleOf = (path: string) =>
  table.find(({ pattern }) => new RegExp(rawPathRegex(pattern)).test(path))?.module;

describe('the routing table', () => {
  it.each([
    ['/api/items', 'items'],
    ['/api/items?tag=/reviews', 'items'],
    ['/api/items/', 'items'],
    ['/api/items/one', 'items'],
    ['/api/items/one/star', 'items'],
    ['/api/items/one/reviews', 'reviews'],
    ['/api/items/one/reviews?limit=1', 'reviews'],
    ['/api/items/one/reviews/2', 'reviews'],
    ['/api/items/reviews', 'items'],
    ['/api/items//reviews', 'reviews'],
    ['/api/items/one%2Freviews', 'items'],
    ['/api/items/one%2ftwo/reviews', 'reviews'],
    ['/api/items/%zz/reviews', 'reviews'],
    ['/api/items/%EB%93%9C%EB%9E%98%EA%B3%A4/reviews', 'reviews'],
    ['/%61pi/it%65ms/one/r%65views', 'reviews'],
    ['/api/ite%6Ds/one/reviews', 'reviews'],
    ['/api/ite%6ds/one/reviews', 'reviews'],
    ['/api/items/one#/reviews', 'items'],
    ['/api/follows', 'follows'],
    ['/api/follows/', 'follows'],
    ['/api/follows/a/b/c', 'follows'],
    ['/api/follows?x', 'follows'],
    ['/api/users/login', 'users'],
  ])('maps %s to %s', (path, module) => {
    expect(moduleOf(path)).toBe(module);
  });

  it.each([
    '/',
    '/api',
    '/api/itemsx',
    '/api/followsx',
    '/API/items',
    '/api/users/other',
    '/api%2Fitems',
    '/x/api/items',
  ])('maps %s to no module', (path) => {
    expect(moduleOf(path)).toBeUndefined();
  });

  it('has the more specific pattern first, compared from the left', () => {
    const routes = ['/**', '/a/**', '/a/*', '/a/*/c', '/a/b/*', '/a/b/c', '/*/b'];
    const all = routingTable(topologyOf({ app: '{ modules: [users, items, reviews, follows] }' }), [
      manifest('users', routes),
    ]);
    expect(all.map(({ pattern }) => pattern)).toEqual([
      '/a/b/c',
      '/a/b/*',
      '/a/*',
      '/a/*/c',
      '/a/**',
      '/*/b',
      '/**',
    ]);
  });

  it('rejects a pattern of two modules, and malformed patterns', () => {
    const [users, items] = [manifest('users', ['/a/*']), manifest('items', ['/a/*'])];
    expect(() => routingTable(split, [users, items])).toThrow(
      "modules 'users' and 'items' both have the route '/a/*'",
    );
    for (const route of ['', 'a', '/a b', '/**/a', '/a*', '/{id}', '/:id'])
      expect(() => routingTable(split, [manifest('users', [route])])).toThrow('is not a path pattern');
  });
});

it("nginx's configuration needs an address for every host that serves http", () => {
  const options = { topology: split, manifests: shop, listen: '127.0.0.1:0', cores: 1, openFiles: 20_000 };
  const addresses = { app: ['127.0.0.1:1'], items: ['127.0.0.1:2'] };
  expect(() => nginxConfig({ ...options, addresses })).toThrow(
    "host 'reviews' serves http, but has no address",
  );
});

it('nginx accepts larger bodies only on the routes of a module whose manifest allows them', () => {
  const [users, items, ...others] = shop;
  const limitsOf = (manifests: typeof shop) => {
    const topology = topologyOf({ app: '{ modules: [users, items, reviews, follows] }' });
    const text = nginxConfig({
      topology,
      manifests,
      listen: '127.0.0.1:0',
      cores: 1,
      openFiles: 20_000,
      addresses: { app: ['127.0.0.1:1'] },
    });
    // Without the error pages, whose limit is 0, which means none.
    return text.match(/(?<=^ *)(location.*)?client_max_body_size [1-9]\d*;/gm);
  };
  const usual = 'client_max_body_size 1048576;';
  expect(limitsOf(shop)).toEqual([usual]);
  expect(limitsOf([{ ...users!, bodyLimit: 5 }, items!, ...others])).toEqual([usual]);
  expect(limitsOf([users!, { ...items!, bodyLimit: 9_000_000 }, ...others])).toEqual([
    usual,
    'location ~ "^/api/items$" { client_max_body_size 9000000;',
    'location ~ "^/api/items/[^/]*$" { client_max_body_size 9000000;',
    'location ~ "^/api/items/[^/]*/star$" { client_max_body_size 9000000;',
  ]);
});
