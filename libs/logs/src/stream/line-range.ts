/** Consecutive lines of one process. They are published as one message, and never divided in another way. */
export interface LineRange {
  /** The process, unique for each start: letters, digits, dots, dashes and underscores. */
  readonly process: string;
  /** Sequence of the first line; those of a process begin with 1. */
  readonly first: number;
  readonly last: number;
}

/** Returns the name of a range: the id of its message in the stream, and of its file in the spool. */
export const nameOf = ({ process, first, last }: LineRange) => `${process}:${first}-${last}`;

/** Returns the range of a name; undefined for any other text. */
export function rangeOf(name: string): LineRange | undefined {
  const [, process, from, to] = /^([\w.-]{1,100}):([1-9]\d{0,14})-([1-9]\d{0,14})$/.exec(name) ?? [];
  const [first, last] = [Number(from), Number(to)];
  return process !== undefined && first <= last ? { process, first, last } : undefined;
}
