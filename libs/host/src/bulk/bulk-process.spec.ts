import { existsSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BulkProcess } from './bulk-process.js';

const bulk = new BulkProcess(new URL('./sample-tasks.fixture.ts', import.meta.url), 10);
afterEach(() => bulk.close());

const isGone = (pid: number) =>
  !existsSync(`/proc/${pid}`) || /State:\s+Z/.test(readFileSync(`/proc/${pid}/status`, 'utf8'));

describe('a process for bulk work', () => {
  it('starts with the first task, and runs others beside it', async () => {
    expect(bulk.pid).toBeUndefined();
    const never = bulk.run('hang', undefined, AbortSignal.timeout(60_000)).catch(() => undefined);
    expect(await bulk.run('double', Buffer.from([1, 2]))).toEqual(new Uint8Array([2, 4]));
    bulk.close();
    await never;
  });

  it('has a lower priority than this one', async () => {
    await bulk.run('double', Buffer.from([1]));
    expect(getPriority(bulk.pid)).toBe(getPriority() + 10);
  });

  it('gets neither the environment of this one nor its options', async () => {
    expect(await bulk.run('environment', undefined)).toEqual([]);
  });

  it('reports the error of a task', async () => {
    await expect(bulk.run('fail', 'no such picture')).rejects.toThrow('no such picture');
  });

  it('cancels a task', async () => {
    const controller = new AbortController();
    const hanging = bulk.run('hang', undefined, controller.signal);
    controller.abort(new Error('too late'));
    await expect(hanging).rejects.toThrow('too late');
    await vi.waitFor(async () => expect(await bulk.run('cancelled', undefined)).toBe(1));
  });

  it('fails what is under way when it dies, and starts again with the next task', async () => {
    await bulk.run('double', Buffer.from([1]));
    const dead = bulk.pid!;
    const hanging = bulk.run('hang', undefined);
    process.kill(dead, 'SIGKILL');
    await expect(hanging).rejects.toMatchObject({ code: 'unavailable' });
    expect(await bulk.run('double', Buffer.from([3]))).toEqual(new Uint8Array([6]));
    expect(bulk.pid).not.toBe(dead);
  });

  it('ends when it is closed', async () => {
    await bulk.run('double', Buffer.from([1]));
    const { pid } = bulk;
    bulk.close();
    await vi.waitFor(() => expect(isGone(pid!)).toBe(true), { timeout: 10_000 });
  });
});
