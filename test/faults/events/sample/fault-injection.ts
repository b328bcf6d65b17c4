// Injection points at which a process crashes, or waits while a server crashes. They wrap functions that the code under
// test calls, so this file is imported before that code.
import { Queue } from 'bullmq';
import pg from 'pg';
import type { InjectionPoint } from '../injection-points.js';

/** From the parent process: arms a point once, or resumes the process that waits at one. */
export type ProcessCommand =
  { arm: InjectionPoint; action: 'crash' | 'wait'; after: number } | { resume: true };

/** Mistakes of the sample modules that the specs must detect. */
export type Defect =
  'event-in-a-transaction-of-its-own' | 'effect-outside-the-transaction' | 'handler-ends-its-process';

export const defect = process.env['DEFECT'] as Defect | undefined;

let armed: Extract<ProcessCommand, { arm: InjectionPoint }> | undefined;
let resumed = Promise.withResolvers<void>();

process.on('message', (order: ProcessCommand) => {
  if ('arm' in order) armed = order;
  else resumed.resolve();
});

/** Crashes, or waits for the parent, if this point is armed for this entry. @param n its number, where the point has one */
export async function reachPoint(point: InjectionPoint, n = Infinity): Promise<void> {
  if (armed?.arm !== point || n <= armed.after) return;
  const { action } = armed;
  armed = undefined;
  if (action === 'crash') process.kill(process.pid, 'SIGKILL');
  resumed = Promise.withResolvers();
  process.send!({ reached: point });
  await resumed.promise;
}

/** Statements, and the point that follows the commit of their transaction. */
const commits: readonly [RegExp, InjectionPoint][] = [
  [/insert into entries/i, 'committed'],
  [/insert into effects/i, 'handled'],
  [/insert into stamps/i, 'job-committed'],
];
const reached = new WeakMap<object, { point: InjectionPoint; n: number }>();

const client = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown };
const { query } = client;
client.query = function (...args) {
  const sql = typeof args[0] === 'string' ? args[0] : ((args[0] as { text?: string } | null)?.text ?? '');
  if (/^(begin|start transaction)/i.test(sql)) reached.delete(this);
  const pointAfterCommit = commits.find(([statement]) => statement.test(sql))?.[1];
  // The number of the entry is the last parameter of each.
  if (pointAfterCommit)
    reached.set(this, { point: pointAfterCommit, n: Number((args[1] as unknown[]).at(-1)) });
  if (/confirmed as \(delete/.test(sql)) return claimRows(() => query.apply(this, args), args);
  const done = reached.get(this);
  if (!/^commit/i.test(sql) || !done) return query.apply(this, args);
  return (async () => {
    const result = await query.apply(this, args);
    await reachPoint(done.point, done.n);
    return result;
  })();
};

/** The statement that deletes confirmed rows, whose ids are its third parameter, and takes the next ones. */
async function claimRows(run: () => unknown, args: readonly unknown[]): Promise<unknown> {
  const confirmed = (args[1] as unknown[])[2] as unknown[];
  if (confirmed.length > 0) await reachPoint('confirming');
  const result = (await run()) as { rows: { aggregate: string | null; attempts: number }[] };
  if (result.rows.some(({ aggregate, attempts }) => aggregate !== null && attempts > 0))
    await reachPoint('taken');
  return result;
}

const queue = Queue.prototype as unknown as { addBulk: (...args: unknown[]) => Promise<unknown> };
const { addBulk } = queue;
queue.addBulk = async function (...args) {
  await reachPoint('selected');
  const added = await addBulk.apply(this, args);
  await reachPoint('enqueued');
  return added;
};
