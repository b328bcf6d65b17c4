import { describe, expect, it } from 'vitest';
import { callsOf } from './calls.js';
import { alone, explain, isCalledRemotely, remotesOf, withReplicas } from './index.js';
import { shop, topologyOf } from './sample-manifests.fixture.js';

const together = topologyOf({ app: '{ modules: [users, items, reviews, follows] }' });
const split = topologyOf({
  app: '{ modules: [users, follows] }',
  store: '{ modules: [items, reviews], replicas: 2 }',
});

describe('calls', () => {
  it('stay in the process that the modules share', () => {
    expect(callsOf(together, shop).some(({ remote }) => remote)).toBe(false);
  });

  it('leave it where they do not', () => {
    const calls = callsOf(split, shop).map(({ from, to, remote }) => `${from.module} ${to.module} ${remote}`);
    expect(calls).toEqual([
      'follows users false',
      'items users true',
      'reviews items false',
      'reviews users true',
    ]);
  });

  it('determine which hosts a host calls, and whether it needs an rpc port', () => {
    const [app, store] = split.hosts;
    expect([remotesOf(split, shop, app!), remotesOf(split, shop, store!)]).toEqual([{}, { users: 'app' }]);
    expect([isCalledRemotely(split, shop, app!), isCalledRemotely(split, shop, store!)]).toEqual([
      true,
      false,
    ]);
  });

  it('go to the host that serves rpc, except from a process that runs the module', () => {
    const workers = topologyOf({
      app: '{ modules: [users, items, reviews, follows], serve: [http, rpc] }',
      workers: '{ modules: [items], serve: [jobs] }',
      'user-jobs': '{ modules: [users, reviews, follows], serve: [jobs] }',
    });
    expect(remotesOf(workers, shop, workers.hosts[1]!)).toEqual({ users: 'app' });
    expect(remotesOf(workers, shop, workers.hosts[2]!)).toEqual({ items: 'app' });
  });

  it('never go to a host that serves only jobs', () => {
    const workers = topologyOf({
      workers: '{ modules: [users, items, reviews, follows], serve: [jobs] }',
      app: '{ modules: [users, items], serve: [http, rpc] }',
      rest: '{ modules: [reviews, follows], serve: [http, rpc] }',
    });
    expect(remotesOf(workers, shop, workers.hosts[0]!)).toEqual({});
    expect(remotesOf(workers, shop, workers.hosts[2]!)).toEqual({ users: 'app', items: 'app' });
    expect(workers.hosts.map((host) => isCalledRemotely(workers, shop, host))).toEqual([false, true, false]);
  });
});

describe('the explanation', () => {
  const text = explain(split, shop);

  it('lists hosts, paths and calls', () => {
    expect(text).toContain(
      'store × 2: items, reviews; serves http, jobs (no rpc port: no other host calls it)',
    );
    expect(text).toMatch(/\/api\/items\/\*\/reviews +→ store \(reviews\)/);
    expect(text).toContain('items → users  (store → app): byId, find');
  });

  it('lists the hosts of events and jobs', () => {
    const workers = topologyOf({
      app: '{ modules: [users, items, reviews, follows], serve: [http, rpc] }',
      workers: '{ modules: [users, items, reviews, follows], serve: [jobs] }',
    });
    const text = explain(workers, shop);
    expect(text).toContain('workers × 1: users, items, reviews, follows; serves jobs\n');
    expect(text).toContain('items → reviews  (in workers): sold');
    expect(text).toContain('reviews.reminders  (in workers)');
    expect(text).toMatch(/\/api\/items +→ app \(items\)/);
    expect(explain(topologyOf({ app: '{ modules: [users, items, reviews, follows] }' }), shop)).toContain(
      'items → reviews  (in app): sold',
    );
  });

  it('says how a host is balanced that is not balanced by load', () => {
    const sticky = topologyOf({ app: "{ modules: ['*'], replicas: 2, balance: cookie }" });
    expect(explain(sticky, shop)).toContain('balance cookie: requests of one browser go to one replica\n');
    expect(text).not.toContain('balance');
  });

  it('contains a picture', () => {
    expect(text).toContain('subgraph host_store["store × 2"]');
    expect(text).toContain('in_store_items ==> in_app_users');
    expect(text).toContain('in_store_reviews --> in_store_items');
  });
});

describe('a module alone', () => {
  it('is on a host of its own, and the others on app', () => {
    const all = { replicas: 1, serve: ['http', 'rpc', 'jobs'], balance: 'least_conn' };
    expect(alone(['users', 'items', 'reviews'], 'items')).toEqual({
      name: 'items-alone',
      hosts: [
        { name: 'app', modules: ['users', 'reviews'], ...all },
        { name: 'items', modules: ['items'], ...all },
      ],
    });
  });

  it('must exist', () => {
    expect(() => alone(['users', 'items'], 'item')).toThrow("no module 'item'; did you mean 'items'?");
  });
});

describe('numbers of replicas', () => {
  it('are set by host', () => {
    expect(withReplicas(split, ['app=3']).hosts.map(({ replicas }) => replicas)).toEqual([3, 2]);
  });

  it.each([
    ['stor=2', "topology 'shop' has no host 'stor'; did you mean 'store'?"],
    ['items=2', "has no host 'items'; module 'items' is on host 'store': use store=2"],
    ['store=0', "expected <host>=<number from 1 to 99>, e.g. articles=2, got 'store=0'"],
    ['store', "expected <host>=<number from 1 to 99>, e.g. articles=2, got 'store'"],
  ])('are validated: %s', (change, message) => {
    expect(() => withReplicas(split, [change])).toThrow(message);
  });
});
