/** A report, independent of Markdown and HTML. */
export interface Document {
  readonly title: string;
  readonly sections: readonly Section[];
}

export interface Section {
  readonly title: string;
  /** The emphasis of its bold text. */
  readonly tone?: 'warning';
  /** Paragraphs, in which `code` and **bold text** are formatted, tables, charts and diagrams. */
  readonly parts: readonly Part[];
}

export type Part = string | Table | Chart | Diagram;

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Whether its cells are text, not figures. */
  readonly isText?: boolean;
}

/** A chart; Markdown leaves it out, since the tables have its figures. */
export interface Chart {
  readonly kind: 'bars' | 'stacks' | 'lines';
  readonly title: string;
  readonly unit: string;
  /** The labels of the axis. */
  readonly labels: readonly string[];
  /** The positions of the labels on the axis, for lines. */
  readonly positions?: readonly number[];
  readonly series: readonly Series[];
}

export interface Series {
  readonly name: string;
  /** One for each label. */
  readonly values: readonly number[];
  /** The uncertainty of each. */
  readonly spreads?: readonly number[];
}

/** Boxes and the arrows between them. */
export interface Diagram {
  readonly title: string;
  /** What leads to the boxes that are entered. */
  readonly entry: string;
  readonly boxes: readonly Box[];
  /** By the names of the boxes. */
  readonly arrows: readonly { readonly from: string; readonly to: string }[];
  /** The same in the language of Mermaid, for Markdown. */
  readonly mermaid: string;
}

export interface Box {
  readonly name: string;
  readonly note: string;
  readonly items: readonly string[];
  readonly isEntered: boolean;
}
