/** The problems of an environment: one line for each variable. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly problems: readonly string[]) {
    super(`invalid settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    // The mistake is in the environment: a stack would lead to no line of it.
    this.stack = `${this.name}: ${this.message}`;
  }
}
