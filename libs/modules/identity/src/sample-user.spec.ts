import { expect, it } from 'vitest';
import { sampleUser } from './sample-user.js';

it('sample users have distinct names and addresses', () => {
  const users = Array.from({ length: 5_000 }, (_, index) => sampleUser(index + 1, () => 0.5, ['picture']));
  expect(new Set(users.map(({ username }) => username)).size).toBe(5_000);
  expect(new Set(users.map(({ email }) => email)).size).toBe(5_000);
});
