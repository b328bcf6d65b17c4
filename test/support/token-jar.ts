/** More would make a header that servers refuse. */
const MOST = 10;

/**
 * The consistency tokens that a client has been given and has not handed in for a newer one. What a request brings along
 * is in the token of its answer, so there are seldom more than as many as there are requests at once.
 */
export class TokenJar {
  readonly #tokens = new Set<string>();

  /** What a request brings along: some of the tokens, and whether there are so many that it better asks for everything. */
  take(): { tokens: string[]; isMore: boolean } {
    const tokens = [...this.#tokens];
    return { tokens: tokens.slice(0, MOST), isMore: tokens.length > MOST };
  }

  /** What the answer gave for it. */
  put(brought: readonly string[], given: string | null): void {
    if (given === null) return;
    for (const token of brought) this.#tokens.delete(token);
    this.#tokens.add(given);
  }
}
