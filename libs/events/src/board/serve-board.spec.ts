import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestPostgres } from '../../../../test/support/postgres.js';
import { migrateQueues } from '../../../../test/support/queues.js';
import { asOperator, openBoard } from './open-board.fixture.js';

describe('The board on PostgreSQL', () => {
  const server = new TestPostgres();
  let board: Awaited<ReturnType<typeof openBoard>>;
  beforeAll(async () => {
    await server.start();
    const { ownerUrl, queuesUrl } = await server.newDatabase();
    await migrateQueues(ownerUrl, queuesUrl);
    board = await openBoard({ databaseUrl: queuesUrl });
  });
  afterAll(async () => {
    await board.close();
    await server.stop();
  });

  it.each([
    ['/api/queues?activeQueue=tearline-0.readers&status=latest', 'articles-1'],
    ['/api/queues/tearline-0.readers/articles-1', '"slug":"a"'],
    ['/api/redis/stats', '"version"'],
  ])('answers %s', async (path, part) => {
    const answer = await fetch(`${board.url}/queues${path}`, { headers: asOperator() });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain(part);
  });

  it("keeps the host's error format on other routes", async () => {
    const answer = await fetch(`${board.url}/own`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"half',
    });
    expect(await answer.json()).toEqual({ errors: { body: [expect.any(String)] } });
  });
});
