/** A report, independent of Markdown and HTML. */
export interface Document {
  readonly title: string;
  readonly sections: readonly Section[];
}

export interface Section {
  readonly title: string;
  readonly parts: readonly Part[];
}

export type Part = Paragraph | Table | Chart;

export interface Paragraph {
  readonly kind: 'paragraph';
  readonly text: string;
  /** The emphasis of a verdict or a warning. */
  readonly tone?: 'verdict' | 'warning';
}

export interface Table {
  readonly kind: 'table';
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

export const paragraph = (text: string, tone?: Paragraph['tone']): Paragraph => ({
  kind: 'paragraph',
  text,
  ...(tone && { tone }),
});

export const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): Table => ({
  kind: 'table',
  head,
  rows,
});

export const textTable = (head: readonly string[], rows: readonly (readonly string[])[]): Table => ({
  ...tableOf(head, rows),
  isText: true,
});
