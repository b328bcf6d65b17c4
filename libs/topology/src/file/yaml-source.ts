import { isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import { TopologyError } from '../topology.js';

export type Path = readonly PropertyKey[];

/** Something wrong at one place of a YAML file. */
export interface Issue {
  readonly path: Path;
  /** Whether the key is wrong, not its value. */
  readonly atKey?: boolean;
  readonly message: string;
}

/** A parsed YAML file that knows the line and column of each value. */
export class YamlSource {
  readonly #lines = new LineCounter();
  readonly #document;
  readonly value: unknown;

  /** @throws TopologyError when the text is not YAML */
  constructor(
    text: string,
    private readonly file: string,
  ) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false, version: '1.2' });
    const [error] = this.#document.errors;
    if (error)
      throw new TopologyError([this.#locate(error.pos[0], `invalid YAML: ${firstLine(error.message)}`)]);
    try {
      this.value = this.#document.toJS({ maxAliasCount: 20 });
    } catch (cause) {
      throw new TopologyError([this.#locate(0, `invalid YAML: ${firstLine((cause as Error).message)}`)]);
    }
  }

  /** Returns one error for all issues, in the order of their places. */
  toError(issues: readonly Issue[]): TopologyError {
    const located = issues.map(({ path, atKey, message }) => ({
      offset: this.#offsetOf(path, atKey),
      message,
    }));
    located.sort((one, other) => one.offset - other.offset);
    return new TopologyError([
      ...new Set(located.map(({ offset, message }) => this.#locate(offset, message))),
    ]);
  }

  #locate(offset: number, message: string): string {
    const { line, col } = this.#lines.linePos(offset);
    return `${this.file}:${Math.max(1, line)}:${Math.max(1, col)}: ${message}`;
  }

  /** Returns where a value or its key starts; for a missing one, where the closest value around it starts. */
  #offsetOf(path: Path, atKey = false): number {
    for (let length = path.length; length >= 0; length -= 1) {
      const part = path.slice(0, length);
      const node = atKey && length === path.length ? this.#keyOf(part) : this.#document.getIn(part, true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return 0;
  }

  #keyOf(path: Path): unknown {
    const parent = this.#document.getIn(path.slice(0, -1), true);
    if (!isMap(parent)) return undefined;
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
    return isPair(pair) ? pair.key : undefined;
  }
}

const firstLine = (text: string) => text.split('\n')[0]!.replace(/:$/, '');
