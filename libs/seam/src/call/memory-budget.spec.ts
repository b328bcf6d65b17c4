import { describe, expect, it } from 'vitest';
import { MemoryBudget } from './memory-budget.js';

const MIB = 1_048_576;

describe('a memory budget', () => {
  it('refuses values over its limit until others are released', () => {
    const budget = new MemoryBudget(3 * MIB);
    const [one, other] = [budget.open(), budget.open()];
    one.hold(2 * MIB);
    expect(() => other.hold(2 * MIB)).toThrow(expect.objectContaining({ code: 'unavailable' }));
    other.hold(MIB);
    one.close();
    other.hold(2 * MIB);
    expect(budget.held).toBe(3 * MIB);
    other.close();
    expect(budget.held).toBe(0);
  });

  it('accepts one value of any size', () => {
    const account = new MemoryBudget(MIB).open();
    account.hold(2 * MIB);
    expect(account.isUsed).toBe(true);
  });

  it('does not count small values, nor those that arrive after the end of the request', () => {
    const budget = new MemoryBudget(MIB);
    const account = budget.open();
    account.hold(1_000);
    account.close();
    account.hold(MIB);
    expect(budget.held).toBe(0);
  });
});
