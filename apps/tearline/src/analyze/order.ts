import type { Finding } from './finding.js';
import { pointsOf, touches } from './score.js';

/** Fewer modules than these are no majority. */
const MIN_USERS = 3;

/**
 * Orders modules by what is left to do: first the one with the fewest points, then again without the findings that its
 * extraction removes.
 */
export function orderOf(names: readonly string[], findings: readonly Finding[]): string[] {
  const order: string[] = [];
  let [left, remaining] = [[...names], findings];
  while (left.length > 0) {
    const costs = left.map((name) => ({
      name,
      points: pointsOf(remaining.filter((each) => touches(each, name))),
    }));
    const { name } = costs.reduce((best, each) => (each.points < best.points ? each : best));
    order.push(name);
    left = left.filter((each) => each !== name);
    remaining = remaining.filter((each) => !touches(each, name));
  }
  return order;
}

/** The modules that use the data of a module directly: its queries, relations and transactions, not its services. */
export function dataUsersOf(name: string, findings: readonly Finding[]): Set<string> {
  const direct = findings.filter(
    ({ other, severity, kind }) => other === name && severity === 'high' && kind !== 'callback',
  );
  return new Set(direct.map(({ module }) => module));
}

/** Whether most other modules use the data of a module directly. */
export function isCore(name: string, names: readonly string[], findings: readonly Finding[]): boolean {
  const users = [...dataUsersOf(name, findings)].filter((each) => names.includes(each));
  return users.length >= MIN_USERS && users.length * 2 >= names.length - 1;
}
