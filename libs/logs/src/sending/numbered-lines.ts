import type { LineRange } from '../stream/line-range.js';

/** Longer lines are shortened; in standard output they are whole. */
const MAX_LINE_LENGTH = 65_536;
const MAX_SHORTENED_FIELD = 8_192;
/** What a shortened line keeps. */
const KEPT_FIELDS = ['level', 'time', 'pid', 'requestId', 'traceId', 'spanId', 'module', 'context', 'msg'];
/** A message in the stream is larger by one line at most, in UTF-8: below the limit of a server, 1 MiB by default. */
const MAX_BATCH_LENGTH = 131_072;

/** Lines that are sent together. */
export interface LineBatch extends LineRange {
  readonly data: Buffer;
}

/** Numbers the lines of a process, and adds the process and the host to each. */
export class NumberedLines {
  #last = 0;
  readonly #head: string;
  readonly #tail: string;

  constructor(
    private readonly process: string,
    service: string,
  ) {
    this.#head = `{"process":${JSON.stringify(process)},"sequence":`;
    this.#tail = `,"service":${JSON.stringify(service)}`;
  }

  /** @param lines whole lines of JSON */
  *batchesOf(lines: string): Generator<LineBatch> {
    let first = this.#last + 1;
    let text = '';
    for (let start = 0, end; start < lines.length; start = end + 1) {
      end = lines.indexOf('\n', start);
      if (end === -1) end = lines.length;
      if (end === start) continue;
      text += this.#numbered(lines.slice(start, end));
      if (text.length < MAX_BATCH_LENGTH) continue;
      yield this.#batch(first, text);
      first = this.#last + 1;
      text = '';
    }
    if (text !== '') yield this.#batch(first, text);
  }

  #numbered(line: string): string {
    this.#last += 1;
    const object = wellFormed(line.length > MAX_LINE_LENGTH ? shortened(line) : line);
    const fields = object.startsWith('{"') ? object.slice(1) : `"msg":${JSON.stringify(object)}}`;
    return `${this.#head}${this.#last}${this.#tail},${fields}\n`;
  }

  #batch(first: number, text: string): LineBatch {
    return { process: this.process, first, last: this.#last, data: Buffer.from(text) };
  }
}

/** Half of a character, which JSON can escape, is no text: a store would refuse the line. */
const wellFormed = (line: string) =>
  line.includes('\\ud') ? line.replaceAll(/\\ud[89a-f][\da-f]{2}/g, String.raw`\ufffd`) : line;

function shortened(line: string): string {
  try {
    const fields = JSON.parse(line) as Record<string, unknown>;
    const kept = KEPT_FIELDS.flatMap((name) => (name in fields ? [[name, short(fields[name])]] : []));
    return JSON.stringify({ ...Object.fromEntries(kept), shortenedFrom: line.length });
  } catch {
    return JSON.stringify({ msg: line.slice(0, MAX_SHORTENED_FIELD), shortenedFrom: line.length });
  }
}

const short = (value: unknown) =>
  typeof value === 'string' ? value.slice(0, MAX_SHORTENED_FIELD) : typeof value === 'number' ? value : null;
