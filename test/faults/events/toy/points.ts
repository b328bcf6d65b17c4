// Where a process can be made to die, or to see a server die, from outside of the code that it runs: by wrapping what that
// code calls. Imported before the code.
import { Queue } from 'bullmq';
import pg from 'pg';
import type { Point } from '../points.js';

/** What the parent says: where to do what, once; and that a server is dead now. */
export type Order = { arm: Point; act: 'die' | 'ask' } | { go: true };

let armed: Extract<Order, { arm: Point }> | undefined;
let go = Promise.withResolvers<void>();

process.on('message', (order: Order) => {
  if ('arm' in order) armed = order;
  else go.resolve();
});

/** Dies here, or goes on when the server is dead, if this is the point. */
export async function pass(point: Point): Promise<void> {
  if (armed?.arm !== point) return;
  const { act } = armed;
  armed = undefined;
  if (act === 'die') process.kill(process.pid, 'SIGKILL');
  go = Promise.withResolvers();
  process.send!({ reached: point });
  await go.promise;
}

/** What a transaction has done so far, and the point that its commit leads to. */
const commits: readonly [RegExp, Point][] = [
  [/insert into entries/i, 'committed'],
  [/insert into effects/i, 'handled'],
  [/insert into stamps/i, 'worked'],
];
const under = new WeakMap<object, Point>();

const client = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
const { query } = client;
client.query = function (...args) {
  const sql = typeof args[0] === 'string' ? args[0] : ((args[0] as { text?: string } | null)?.text ?? '');
  if (/^(begin|start transaction)/i.test(sql)) under.delete(this);
  const leadsTo = commits.find(([done]) => done.test(sql))?.[1];
  if (leadsTo) under.set(this, leadsTo);
  const point = under.get(this);
  if (!/^commit/i.test(sql) || !point) return query.apply(this, args);
  return (async () => {
    const result = await query.apply(this, args);
    await pass(point);
    return result;
  })();
};

const queue = Queue.prototype as unknown as { addBulk: (...args: unknown[]) => Promise<unknown> };
const { addBulk } = queue;
queue.addBulk = async function (...args) {
  await pass('claimed');
  const added = await addBulk.apply(this, args);
  await pass('enqueued');
  return added;
};
