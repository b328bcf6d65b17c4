import type { LineRange } from '@tearline/logs';

interface Span {
  first: number;
  last: number;
}

/** The lines that the store has, as spans of sequences of each process. A line that arrives again is recognized, however late. */
export class StoredLines {
  readonly #spans = new Map<string, Span[]>();

  /** Whether the store has these lines. Ranges are sent as they are or not at all, so one line stands for all. */
  has({ process, first }: LineRange): boolean {
    return this.#spans.get(process)?.some((span) => span.first <= first && first <= span.last) ?? false;
  }

  add({ process, first, last }: LineRange): void {
    const spans = this.#spans.get(process) ?? [];
    if (spans.length === 0) this.#spans.set(process, spans);
    // Newest first: what arrives follows what has just arrived.
    const before = spans.find((span) => span.last === first - 1);
    const after = spans.find((span) => span.first === last + 1);
    if (before && after) {
      before.last = after.last;
      spans.splice(spans.indexOf(after), 1);
    } else if (before) before.last = last;
    else if (after) after.first = first;
    else spans.unshift({ first, last });
  }
}
