/**
 * Measures targets in turn, round by round, so that a disturbance of the machine affects all of them. The order alternates,
 * so that no position is an advantage.
 * @returns the rounds of each target
 */
export async function inTurn<Target, Round>(
  targets: readonly Target[],
  rounds: number,
  measure: (target: Target, index: number) => Promise<Round>,
): Promise<Round[][]> {
  const found = targets.map((): Round[] => []);
  for (let round = 0; round < rounds; round += 1) {
    const order = [...targets.entries()];
    if (round % 2 === 1) order.reverse();
    for (const [index, target] of order) found[index]!.push(await measure(target, index));
  }
  return found;
}
