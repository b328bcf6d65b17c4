import { describe, expect, it } from 'vitest';
import { impactOf } from './fault-injection.js';

const response = (at: number, endpoint: string, status: number) => ({
  at,
  status,
  delay: 0,
  latency: 1,
  request: { method: 'GET' as const, path: '/', endpoint },
});

describe('the impact of a fault', () => {
  it('is counted by endpoint since the fault', () => {
    const responses = [
      response(500, 'list', 500),
      response(1000, 'list', 200),
      response(1500, 'list', 503),
      response(2500, 'login', 0),
      response(3000, 'login', 201),
    ];
    expect(impactOf(responses, 1)).toEqual({
      requests: 4,
      sent: { list: 2, login: 2 },
      failed: { list: 1, login: 1 },
      seconds: 1.5,
      p99: 1,
    });
  });

  it('is empty when all requests are answered', () => {
    expect(impactOf([response(10, 'list', 200)], 0)).toMatchObject({ failed: {}, seconds: 0 });
  });
});
