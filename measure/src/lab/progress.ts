/** Tells on the terminal what is being done, how far it is, and how long it will take. */
export class ProgressReporter {
  readonly #started = performance.now();
  #left: number;
  #done = 0;

  /** @param seconds that each stage is expected to take */
  constructor(
    private readonly stages: Readonly<Record<string, number>>,
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {
    this.#left = Object.values(stages).reduce((sum, each) => sum + each, 0);
  }

  /** Begins a stage, in as many steps. @returns what tells of the next step */
  stage(name: string, steps: number): (what: string) => void {
    const expected = this.stages[name] ?? 0;
    this.#left -= expected;
    const started = performance.now();
    let step = 0;
    return (what) => {
      const spent = (performance.now() - started) / 1000;
      const share = Math.min(1, step / steps);
      step += 1;
      // What the steps took so far tells more than what was expected, the more of them there are.
      const rest = share === 0 ? expected : (1 - share) * ((1 - share) * expected + share * (spent / share));
      this.#done = (performance.now() - this.#started) / 1000;
      this.#say(name, what, rest + this.#left);
    };
  }

  #say(name: string, what: string, left: number): void {
    const percent = Math.round((100 * this.#done) / (this.#done + left));
    const line = `[${`${percent}`.padStart(3)} %, ${clock(left)} left] ${name}: ${what}`;
    if (this.stream.isTTY) this.stream.write(`\r\u001B[K${line.slice(0, this.stream.columns - 1)}`);
    else this.stream.write(`${line}\n`);
  }

  /** Leaves the terminal as it was. */
  end(): void {
    if (this.stream.isTTY) this.stream.write('\r\u001B[K');
  }
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${`${whole % 60}`.padStart(2, '0')}`;
}
