import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisServer } from '../../../../test/support/redis.js';
import { asOperator, openBoard } from './open-board.fixture.js';

describe('The board on Redis', () => {
  const redis = new RedisServer();
  let board: Awaited<ReturnType<typeof openBoard>>;
  beforeAll(async () => {
    await redis.start();
    board = await openBoard({ redisUrl: redis.url });
  });
  afterAll(async () => {
    await board.close();
    await redis.stop();
  });

  it('refuses requests without a valid login', async () => {
    for (const path of ['', '/', '/api/queues', '/static/x.js', '/queue/readers']) {
      const answer = await fetch(`${board.url}/queues${path}`);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('Basic');
      expect(await answer.json()).toEqual({ errors: { operator: ['is invalid'] } });
      const head = await fetch(`${board.url}/queues${path}`, { method: 'HEAD' });
      expect([401, 404]).toContain(head.status);
    }
    await expect.poll(() => board.lines.join('\n')).toContain('"route":"/queues/api/queues","status":401');
  });

  it('shows a page that loads all of its own scripts and styles, and may load nothing else', async () => {
    const page = await fetch(`${board.url}/queues`, { headers: asOperator() });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
    const html = await page.text();
    const base = /<base href="([^"]+)"/.exec(html)![1]!;
    const parts = [...html.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, part]) => part!);
    expect(parts.length).toBeGreaterThan(3);
    for (const part of parts) {
      const answer = await fetch(new URL(part, new URL(base, board.url)), { headers: asOperator() });
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
    }
  });

  it('shows queues and their jobs', async () => {
    const answer = await fetch(`${board.url}/queues/api/queues?activeQueue=readers&status=latest`, {
      headers: asOperator(),
    });
    const { queues } = (await answer.json()) as { queues: { name: string; counts: { waiting: number } }[] };
    expect(queues.map(({ name, counts }) => [name, counts.waiting])).toEqual([
      ['readers', 1],
      ['writers', 0],
    ]);
    const job = await fetch(`${board.url}/queues/api/queues/readers/articles-1`, { headers: asOperator() });
    expect(await job.json()).toMatchObject({ job: { id: 'articles-1', data: { slug: 'a' } } });
  });

  it('refuses changes that another site makes a browser send', async () => {
    const pause = (site: string) =>
      fetch(`${board.url}/queues/api/queues/writers/pause`, {
        method: 'PUT',
        headers: { ...asOperator(), 'sec-fetch-site': site },
      });
    expect((await pause('cross-site')).status).toBe(403);
    expect((await pause('same-origin')).status).toBe(200);
  });

  it("is in the host's log and metrics, by route", async () => {
    await fetch(`${board.url}/queues/api/queues/readers/articles-1`, { headers: asOperator() });
    await expect
      .poll(() => board.lines.join('\n'))
      .toContain('"route":"/queues/api/queues/:queueName/:jobId"');
    const metrics = await (await fetch(`${board.url}/metrics`)).text();
    expect(metrics).toContain('route="/queues/api/queues/:queueName/:jobId",status="200"');
  });
});

describe('The board', () => {
  const redis = new RedisServer();
  let board: Awaited<ReturnType<typeof openBoard>>;
  beforeAll(async () => {
    await redis.start();
    board = await openBoard({ redisUrl: redis.url });
  });
  afterAll(async () => {
    redis.resume();
    await board.close();
    await redis.stop();
  });

  it('replies while Redis does not answer', async () => {
    redis.pause();
    const before = Date.now();
    const answer = await fetch(`${board.url}/queues/api/queues`, { headers: asOperator() });
    await answer.arrayBuffer();
    expect(answer.status).toBe(500);
    expect(Date.now() - before).toBeLessThan(15_000);
    redis.resume();
  });

  it('refuses a client after ten failed logins', async () => {
    const guess = async (password: string) =>
      (await fetch(`${board.url}/queues`, { headers: asOperator(password) })).status;
    for (let failures = 0; failures < 10; failures += 1) expect(await guess(`guess ${failures}`)).toBe(401);
    expect(await guess('correct horse')).toBe(429);
  });
});
