/** What is wrong with the environment: one line for each variable. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly #problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the environment is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.#problems = problems;
    // The mistake is in no line of the code.
    this.stack = `${this.name}: ${this.message}`;
  }

  /** The same, a problem each. */
  get problems(): readonly string[] {
    return this.#problems;
  }
}
