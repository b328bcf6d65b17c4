import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { TopologyError } from '../topology-error.js';

export type Path = readonly PropertyKey[];

/** A mistake at one place of a YAML file. */
export interface Mistake {
  readonly path: Path;
  /** Whether the key is wrong rather than what it holds. */
  readonly atKey?: boolean;
  readonly message: string;
}

/** The text of a YAML file, which knows where each of its values stands. */
export class Source {
  readonly #lines = new LineCounter();
  readonly #document;
  readonly value: unknown;

  /** @throws TopologyError when the text is no YAML */
  constructor(
    text: string,
    private readonly file: string,
  ) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, version: '1.2' });
    const [error] = this.#document.errors;
    if (error) throw new TopologyError([this.#line(error.pos[0], `is no YAML: ${firstLine(error.message)}`)]);
    try {
      this.value = this.#document.toJS({ maxAliasCount: 20 });
    } catch (cause) {
      throw new TopologyError([this.#line(0, `is no usable YAML: ${firstLine((cause as Error).message)}`)]);
    }
  }

  /** One error of all mistakes, in the order of their places. */
  errorOf(mistakes: readonly Mistake[]): TopologyError {
    const placed = mistakes.map(({ path, atKey, message }) => ({
      offset: this.#offsetOf(path, atKey),
      message,
    }));
    placed.sort((one, other) => one.offset - other.offset);
    return new TopologyError([...new Set(placed.map(({ offset, message }) => this.#line(offset, message)))]);
  }

  #line(offset: number, message: string): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.file}:${Math.max(1, line)}:${Math.max(1, col)}: ${message}`;
  }

  /** Where a value starts, or its key; for one that is missing, whatever it is missing from. */
  #offsetOf(path: Path, atKey = false): number {
    for (let length = path.length; length >= 0; length -= 1) {
      const part = path.slice(0, length);
      const node = atKey && length === path.length ? this.#keyOf(part) : this.#document.getIn(part, true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return 0;
  }

  #keyOf(path: Path): unknown {
    const holder = this.#document.getIn(path.slice(0, -1), true);
    if (!isMap(holder)) return undefined;
    const pair = holder.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
    return isPair(pair) ? pair.key : undefined;
  }
}

const firstLine = (text: string) => text.split('\n')[0]!.replace(/:$/, '');
