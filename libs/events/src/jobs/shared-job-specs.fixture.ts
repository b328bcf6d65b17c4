import { SeamError } from '@tearline/seam';
import { expect, it, vi } from 'vitest';
import { eventually, type TestEnvironment, useTestEnvironment } from '../test-environment.fixture.js';
import { type Behaviour, Copy, Brief, TICK_MS } from '../sample-modules.fixture.js';
import { REQUEUE } from './on-job.decorator.js';

/** Specs of jobs with queues on Redis and on PostgreSQL. */
export function jobSpecs(newEnvironment: () => Promise<TestEnvironment>): void {
  const { start, sql, items, count, letters } = useTestEnvironment(newEnvironment);

  it('requeues a job after each slice, and completes it once', async () => {
    const done: string[] = [];
    const slices = new Map<string, number>();
    const rounds: number[] = [];
    const completed = vi.fn<(name: string) => void>();
    const app = await start({
      behaviour: {
        copy: async ({ name }, running) => {
          const slice = (slices.get(name) ?? 0) + 1;
          slices.set(name, slice);
          done.push(`${name}${slice}`);
          if (name === 'a') {
            const [row] = await sql<{ round: number }>(
              `select round from ledger.outbox where payload->>'name' = 'a'`,
            );
            rounds.push(row!.round);
          }
          if (slice < 3) return REQUEUE;
          await running.complete(async (manager) => {
            await manager.query(`insert into entries (aggregate, item) values ('copies', $1)`, [name]);
          });
          completed(name);
          throw new Error('too late to matter');
        },
      },
    });
    await app.database('ledger').transaction(async (manager) => {
      for (const name of ['a', 'b']) await app.ledger.enqueue(manager, Copy, { name });
    });
    await eventually(() => expect(completed).toHaveBeenCalledTimes(2));
    expect(done).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
    // Each slice has a round of its own: the broker cannot take its job for the previous one.
    expect(rounds).toEqual([0, 1, 2]);
    expect(await items('copies')).toEqual(['a', 'b']);
    expect(await count('ledger.outbox')).toBe(0);
  });

  it('retries a job, and stores it as a dead letter with its error after the last attempt', async () => {
    const attempts: [number, boolean][] = [];
    let fixed = false;
    const app = await start({
      behaviour: {
        copy: async (_payload, { attempt, isLastAttempt }) => {
          attempts.push([attempt, isLastAttempt]);
          if (attempts.length === 1) throw new SeamError('unavailable');
          if (!fixed) throw new Error('no paper');
        },
      },
    });
    await app.database('ledger').transaction((manager) => app.ledger.enqueue(manager, Copy, { name: 'a' }));
    await eventually(async () => expect(await count('ledger.outbox where failed_at is not null')).toBe(1));
    expect(attempts).toEqual([
      [1, false],
      [1, false],
      [2, false],
      [3, true],
    ]);
    fixed = true;
    const [letter] = await letters('retry');
    expect(letter).toMatchObject({ event: 'ledger.copy', publisher: 'ledger', attempts: 3 });
    expect(letter!.error).toContain('no paper');
    await eventually(async () => expect(await count('ledger.outbox')).toBe(0));
    expect(attempts).toHaveLength(5);
  });

  it('ends an attempt after its timeout', async () => {
    const aborted = vi.fn<() => void>();
    const app = await start({
      behaviour: {
        brief: ({ signal }) => {
          signal.addEventListener('abort', aborted);
          return new Promise(() => undefined);
        },
      },
    });
    await app.database('ledger').transaction((manager) => app.ledger.enqueue(manager, Brief, {}));
    await eventually(async () => expect(await count('ledger.outbox where failed_at is not null')).toBe(1));
    expect(aborted).toHaveBeenCalledTimes(1);
    expect(await sql('select error from ledger.outbox')).toMatchObject([
      { error: expect.stringContaining('not done within 300 ms') as string },
    ]);
  });

  it('does not run a delayed job before it is due', async () => {
    const began = vi.fn<() => number>(() => Date.now());
    const app = await start({ behaviour: { copy: async () => void began() } });
    const added = Date.now();
    await app
      .database('ledger')
      .transaction((manager) => app.ledger.enqueue(manager, Copy, { name: 'a' }, { delayMs: 700 }));
    await eventually(() => expect(began).toHaveBeenCalledTimes(1));
    expect(began.mock.results[0]!.value - added).toBeGreaterThanOrEqual(700);
  });

  it('runs a scheduled job once in all processes, and again after a failed run', async () => {
    const runs: number[] = [];
    const behaviour: Behaviour = {
      tick: async () => {
        runs.push(Date.now());
        if (runs.length === 1) throw new Error('not today');
      },
    };
    const began = Date.now();
    await Promise.all([start({ behaviour }), start({ behaviour })]);
    await eventually(() => expect(runs.length).toBeGreaterThanOrEqual(3), 25_000);
    expect(runs.length).toBeLessThanOrEqual((Date.now() - began) / TICK_MS + 1);
  });
}
