/** Reports the step of a run, its progress, and the time left, on the terminal. */
export class ProgressReporter {
  readonly #started = performance.now();
  #laterSeconds: number;
  #percent = 0;

  /** @param expected seconds of each stage */
  constructor(
    private readonly expected: Readonly<Record<string, number>>,
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {
    this.#laterSeconds = Object.values(expected).reduce((sum, each) => sum + each, 0);
  }

  /** Begins a stage. @returns a function that reports its next step */
  stage(name: string): (step: string) => void {
    const expected = this.expected[name] ?? 0;
    this.#laterSeconds -= expected;
    const started = performance.now();
    return (step) => {
      const spent = (performance.now() - started) / 1000;
      this.#write(`${name}: ${step}`, Math.max(0, expected - spent) + this.#laterSeconds);
    };
  }

  #write(text: string, left: number): void {
    const spent = (performance.now() - this.#started) / 1000;
    // A stage that takes longer than expected must not take back what was reported.
    this.#percent = Math.max(this.#percent, Math.round((100 * spent) / (spent + left)));
    const line = `[${`${this.#percent}`.padStart(3)} %, ${clock(left)} left] ${text}`;
    if (this.stream.isTTY) this.stream.write(`\r\u001B[K${line.slice(0, this.stream.columns - 1)}`);
    else this.stream.write(`${line}\n`);
  }

  /** Clears the line of a terminal. */
  end(): void {
    if (this.stream.isTTY) this.stream.write('\r\u001B[K');
  }
}

function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${`${whole % 60}`.padStart(2, '0')}`;
}
