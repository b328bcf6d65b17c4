/** One or more issues of a topology, a line each: where it is, what is wrong, and how to fix it. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';

  constructor(readonly issues: readonly string[]) {
    super(issues.join('\n'));
    // The cause is in the topology, not in the code.
    this.stack = `${this.name}: ${this.message}`;
  }
}
