import { moduleNames } from '@tearline/modules';
import type { CliContext } from './context.js';

const WIDTH = 30;
const NAME_WIDTH = Math.max(...moduleNames.map(({ length }) => length));
const count = (value: number) => value.toLocaleString('en-US');

/** Shows how far a module's sample data is: a bar on a terminal, elsewhere one line when it is in. */
export class Progress {
  readonly #started = performance.now();
  #total = 0;

  constructor(
    private readonly module: string,
    private readonly context: CliContext,
  ) {}

  readonly show = (done: number, total: number): void => {
    this.#total = total;
    const filled = total === 0 ? WIDTH : Math.round((done / total) * WIDTH);
    const bar = '█'.repeat(filled).padEnd(WIDTH, '░');
    this.context.rewrite?.(`${this.module.padEnd(NAME_WIDTH)} ${bar} ${count(done)}/${count(total)}`);
  };

  done(): void {
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1);
    this.context.rewrite?.('');
    this.context.note(`${this.module.padEnd(NAME_WIDTH)} ${count(this.#total)} rows in ${seconds} s`);
  }
}
