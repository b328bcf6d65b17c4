/** Mistakes in a topology: each one line that says where it is, what is wrong and what would be right. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    // The mistake is in no line of the code.
    this.stack = `${this.name}: ${this.message}`;
  }
}
