import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const COLOURS = [36, 33, 35, 32, 34, 31];

/** Merges the output of several processes, and marks each line with the name of its process: as a prefix or a JSON field. */
export class ProcessOutput {
  readonly #colours = new Map<string, number>();

  /**
   * @param format `pretty` for people, `json` for programs
   * @param write writes one line
   * @param width of the prefix: the length of the longest name
   */
  constructor(
    readonly format: 'pretty' | 'json',
    private readonly write: (line: string) => void,
    private readonly width: number,
    private readonly isColoured: boolean,
  ) {}

  follow(name: string, ...streams: readonly (Readable | null)[]): void {
    for (const stream of streams)
      if (stream) createInterface({ input: stream }).on('line', (line) => this.#line(name, line));
  }

  /** Writes a line of the runner itself. */
  log(text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (this.format === 'json')
      this.write(JSON.stringify({ level: 'info', time: new Date().toISOString(), msg: text, ...fields }));
    else for (const line of text.split('\n')) this.#line('topology', line);
  }

  #line(name: string, line: string): void {
    if (this.format === 'pretty') this.write(`${this.#prefix(name)} ${line}`);
    else if (line.startsWith('{"')) this.write(`{"process":${JSON.stringify(name)},${line.slice(1)}`);
    else this.write(JSON.stringify({ process: name, msg: line }));
  }

  #prefix(name: string): string {
    const prefix = `${name.padEnd(this.width)} |`;
    if (!this.isColoured) return prefix;
    let colour = this.#colours.get(name);
    if (colour === undefined) {
      colour = COLOURS[this.#colours.size % COLOURS.length]!;
      this.#colours.set(name, colour);
    }
    return `\u001B[${colour}m${prefix}\u001B[39m`;
  }
}
