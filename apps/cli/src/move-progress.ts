import type { CopyProgress } from '@tearline/database';
import type { CliContext } from './context.js';

const WIDTH = 30;
const LINE_INTERVAL_MS = 5_000;
const MIB = 1024 * 1024;

/** Shows how far the copy of a module's data is: a bar on a terminal, elsewhere a line every five seconds. */
export class MoveProgress {
  #notedAt = performance.now();

  constructor(
    private readonly module: string,
    private readonly context: CliContext,
  ) {}

  readonly show = ({ bytes, totalBytes, rows }: CopyProgress): void => {
    const share = totalBytes === 0 ? 1 : bytes / totalBytes;
    const size = `${(bytes / MIB).toFixed(1)}/${(totalBytes / MIB).toFixed(1)} MiB, ${rows.toLocaleString('en-US')} rows`;
    const { rewrite, note } = this.context;
    if (rewrite) {
      const filled = Math.round(share * WIDTH);
      return rewrite(`${this.module} ${'█'.repeat(filled).padEnd(WIDTH, '░')} ${size}`);
    }
    if (performance.now() - this.#notedAt < LINE_INTERVAL_MS) return;
    this.#notedAt = performance.now();
    note(`${this.module}: ${size}`);
  };

  end(): void {
    this.context.rewrite?.('');
  }
}
