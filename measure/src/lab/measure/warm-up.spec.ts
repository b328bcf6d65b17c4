import { describe, expect, it } from 'vitest';
import { isSteady } from './warm-up.js';

describe('the load before the first measurement', () => {
  it('goes on while the CPU of a request falls', () => {
    expect(isSteady([10, 7, 5, 4])).toBe(false);
    expect(isSteady([10, 7, 5, 4, 3.8])).toBe(false);
  });

  it('ends when two steps took about as much as the two before them', () => {
    expect(isSteady([10, 4, 3.9, 4])).toBe(false);
    expect(isSteady([10, 4, 3.9, 4, 3.9])).toBe(true);
    expect(isSteady([10, 4, 4, 4.2, 4.3])).toBe(true);
  });

  it('needs four steps', () => {
    expect(isSteady([4, 4, 4])).toBe(false);
    expect(isSteady([4, 4, 4, 4])).toBe(true);
  });
});
