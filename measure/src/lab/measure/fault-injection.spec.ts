import { describe, expect, it } from 'vitest';
import { impactOf } from './fault-injection.js';

const answer = (at: number, endpoint: string, status: number) => ({
  at,
  status,
  late: 0,
  milliseconds: 1,
  shot: { method: 'GET' as const, path: '/', endpoint },
});

describe('what a fault does', () => {
  it('is counted from the fault on, by endpoint', () => {
    const answers = [
      answer(500, 'list', 500),
      answer(1000, 'list', 200),
      answer(1500, 'list', 503),
      answer(2500, 'login', 0),
      answer(3000, 'login', 201),
    ];
    expect(impactOf(answers, 1)).toEqual({
      requests: 4,
      asked: { list: 2, login: 2 },
      failed: { list: 1, login: 1 },
      seconds: 1.5,
      p99: 1,
    });
  });

  it('is nothing when everything is answered', () => {
    expect(impactOf([answer(10, 'list', 200)], 0)).toMatchObject({ failed: {}, seconds: 0 });
  });
});
